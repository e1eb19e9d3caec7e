using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.EndToEnd.Tests.Channels;

/// <summary>What a person asks of a running channel by <c>stockctl channel</c> is what its connector does.</summary>
[Collection(FourChannelsCollection.Name)]
public sealed class ChannelCommandEffectTests(FourChannels stand)
{
    private const string Shop = FourChannels.Shopify;

    [Fact]
    public async Task A_paused_channel_is_told_nothing_until_it_is_resumed()
    {
        var sku = await OpenAsync(140);
        await ShowsAsync(Shop, sku, 100);

        (await RunAsync("pause", Shop, "--comment", "The shop is rebuilt.")).ShouldContain("PAUSED: The shop is rebuilt.");

        // It hears of it by a renewal of its lease; when the second one comes, the first is answered.
        await RenewedAsync();
        await RenewedAsync();
        await stand.ReceiveAsync("paused", 1, [sku]);
        await ShowsAsync(FourChannels.Square, sku, 101);
        await RenewedAsync();
        (await stand.Shown.LevelsAsync(Shop, [sku]))[sku].ShouldBe(100);

        await RunAsync("resume", Shop, "--comment", "It is open.");
        await ShowsAsync(Shop, sku, 101);
    }

    [Fact]
    public async Task A_resync_writes_what_differs_and_a_replay_delivers_again()
    {
        var (mine, other) = (await OpenAsync(141), await OpenAsync(142));
        await ShowsAsync(Shop, mine, 100);
        await ShowsAsync(Shop, other, 100);
        await WriteInShopAsync(mine, 7);

        var task = await JsonAsync("resync", Shop, "--sku", mine, "--sku", other, "--comment", "Somebody wrote there.");
        await DoneAsync(Shop, task);
        (await stand.Shown.LevelsAsync(Shop, [mine]))[mine].ShouldBe(100);
        (await SummaryAsync(Shop)).ShouldBe("2 levels looked at, 1 differed, 1 delivered again");

        var head = (await stand.ChannelAsync(Shop)).HeadSequence;
        await stand.ReceiveAsync("replayed", 1, [mine]);
        await ShowsAsync(Shop, mine, 101);
        await WriteInShopAsync(mine, 8);
        task = await JsonAsync("replay", Shop, "--after", head.ToString(CultureInfo.InvariantCulture), "--comment", "Lost there.");
        await DoneAsync(Shop, task);
        (await stand.Shown.LevelsAsync(Shop, [mine]))[mine].ShouldBe(101);
        (await SummaryAsync(Shop)).ShouldBe("1 levels looked at, 1 differed, 1 delivered again");
    }

    [Fact]
    public async Task A_journal_channel_that_is_replayed_books_nothing_twice()
    {
        await OpenAsync(143);
        await stand.DeliveredAsync(FourChannels.Erp);
        var booked = await stand.Shown.BookedAsync();

        var task = await JsonAsync("replay", FourChannels.Erp, "--after", "0", "--comment", "Again, please.");
        await DoneAsync(FourChannels.Erp, task);

        (await SummaryAsync(FourChannels.Erp)).ShouldBe(string.Create(CultureInfo.InvariantCulture, $"{booked.Count} entries looked at, 0 booked now"));
        (await stand.Shown.BookedAsync()).ShouldBe(booked);
    }

    [Fact]
    public async Task Status_says_who_works_and_that_all_is_delivered()
    {
        await OpenAsync(144);
        foreach (var channel in FourChannels.All)
        {
            await stand.DeliveredAsync(channel);
        }

        var (_, output, _) = await StockctlAsync("status");
        foreach (var channel in FourChannels.All)
        {
            var state = await stand.ChannelAsync(channel);
            output.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"delivered    to {state.HeadSequence} of {state.HeadSequence}"));
            output.ShouldContain($"works        {state.Lease.Holder}");
        }
    }

    /// <summary>A SKU with 100 units, and its name.</summary>
    private async Task<string> OpenAsync(int index)
    {
        await stand.ReceiveAsync(string.Create(CultureInfo.InvariantCulture, $"opening-{index}"), 100, [stand.Skus[index]]);
        return stand.Skus[index];
    }

    private async Task ShowsAsync(string channel, string sku, long units) => await Eventually.Becomes(
        async () => (await stand.Shown.LevelsAsync(channel, [sku])).GetValueOrDefault(sku, -1), shown => shown == units, TimeSpan.FromSeconds(30), $"{channel} shows {units}");

    /// <summary>A sale in the shop, or somebody at its administration page.</summary>
    private async Task WriteInShopAsync(string sku, long units)
    {
        using var http = new HttpClient();
        using var response = await http.PutAsJsonAsync(
            new Uri(stand.Simulators[Shop], "/simulator/shopify/levels"), new { inventory_item_id = ShownByChannels.ShopItem(sku), location_id = ShownByChannels.ShopLocation, available = units });
        response.EnsureSuccessStatusCode();
    }

    private async Task RenewedAsync()
    {
        var until = (await stand.ChannelAsync(Shop)).Lease.ExpireTime;
        await Eventually.Holds(async () => (await stand.ChannelAsync(Shop)).Lease.ExpireTime.CompareTo(until) > 0);
    }

    private Task DoneAsync(string channel, JsonElement asked) => Eventually.Holds(async () =>
    {
        var (_, output, _) = await StockctlAsync("status", FourChannels.ConsumerOf(channel), "--json");
        using var json = JsonDocument.Parse(output);
        var state = json.RootElement.GetProperty("channels")[0];
        return state.GetProperty("task_number").GetInt64() == asked.GetProperty("task_number").GetInt64() && state.GetProperty("task_done").GetBoolean();
    });

    /// <summary>How the last task ended.</summary>
    private async Task<string> SummaryAsync(string channel) =>
        (await stand.Registered.ListChannelEventsAsync(new ListChannelEventsRequest { TenantId = FourChannels.Tenant, ChannelId = FourChannels.ConsumerOf(channel) }))
            .Events.First(each => each.Action == ChannelAction.TaskDone).Comment;

    private async Task<JsonElement> JsonAsync(string verb, string channel, params string[] more)
    {
        using var json = JsonDocument.Parse(await RunAsync(verb, channel, [.. more, "--json"]));
        return json.RootElement.GetProperty("channels")[0].Clone();
    }

    private async Task<string> RunAsync(string verb, string channel, params string[] more)
    {
        var (exitCode, output, error) = await StockctlAsync([verb, FourChannels.ConsumerOf(channel), .. more]);
        exitCode.ShouldBe(0, output + error);
        return output;
    }

    private async Task<(int ExitCode, string Output, string Error)> StockctlAsync(params string[] arguments) => await StockctlProcess.RunAsync(
        ["channel", .. arguments, "--server", stand.Server.Grpc.ToString(), "--tenant", FourChannels.Tenant, "--token-file", await TestTokens.FileAsync(FourChannels.Tenant)]);
}
