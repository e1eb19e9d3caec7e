using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Cli.Tests.Shop;

namespace StockAuthority.Cli.Tests.Channels;

/// <summary>The built program, on a real server; what a connector makes of it is in the end-to-end tests.</summary>
public sealed class ChannelCommandTests(Shop shop) : IClassFixture<Shop>
{
    private const string Channel = "tills";

    [Fact]
    public async Task Status_shows_all_channels_or_one_and_its_exit_code_says_whether_they_are_well()
    {
        var tenant = await RegisterAsync(Channel);
        await RegisterAsync("shop", tenant);

        var (exitCode, output, _) = await RunAsync(tenant, "status");
        exitCode.ShouldBe(0, "what is off is well");
        output.ShouldSatisfyAllConditions(
            text => text.ShouldContain("tills (square), owner store-systems"),
            text => text.ShouldContain("shop (square), owner store-systems"),
            text => text.ShouldContain("rollout      off, version 1"),
            text => text.ShouldContain("delivered    to 0 of 2, 0 wait"),
            text => text.ShouldContain("works        nobody"),
            text => text.ShouldContain("when down    The tills show the last units."));
        var (_, one) = await JsonAsync(tenant, "status", Channel);
        one.GetArrayLength().ShouldBe(1);
        (one[0].GetProperty("channel_id").GetString(), one[0].GetProperty("rollout").GetString(), one[0].GetProperty("head_sequence").GetInt64()).ShouldBe((Channel, "off", 2));

        (await RunAsync(tenant, "status", "nowhere")).ShouldSatisfyAllConditions(
            answer => answer.ExitCode.ShouldBe(1),
            answer => answer.Output.ShouldContain("UNKNOWN_CHANNEL"));
        (await RunAsync(await shop.OpenAsync(), "status")).ShouldSatisfyAllConditions(
            answer => answer.ExitCode.ShouldBe(0),
            answer => answer.Output.ShouldContain("There are no channels."));
    }

    [Fact]
    public async Task Pause_and_resume_are_kept_with_who_did_it_and_why()
    {
        var tenant = await RegisterAsync(Channel);

        var paused = await RunAsync(tenant, "pause", Channel, "--comment", "Stocktaking.");
        (paused.ExitCode, paused.Output.Contains("PAUSED: Stocktaking.", StringComparison.Ordinal)).ShouldBe((0, true));
        (await RunAsync(tenant, "status", Channel)).ExitCode.ShouldBe(1, "a paused channel is not well");
        (await RunAsync(tenant, "status")).ExitCode.ShouldBe(1);
        var resumed = await RunAsync(tenant, "resume", Channel, "--comment", "Counted.");
        (resumed.ExitCode, resumed.Output.Contains("PAUSED", StringComparison.Ordinal)).ShouldBe((0, false));

        var events = await shop.Channels.ListChannelEventsAsync(new ListChannelEventsRequest { TenantId = tenant, ChannelId = Channel });
        events.Events.Select(each => (each.Action, each.Actor, each.Comment)).ShouldBe(
            [(ChannelAction.Resumed, "test", "Counted."), (ChannelAction.Paused, "test", "Stocktaking."), (ChannelAction.Registered, "test", "")]);
    }

    [Fact]
    public async Task Replay_and_resync_are_tasks_and_a_repeated_call_is_the_same_task()
    {
        var tenant = await RegisterAsync(Channel);
        (await RunAsync(tenant, "replay", Channel, "--after", "1", "--comment", "Lost.")).Output.ShouldContain("task         1 replay, under way");
        var beyond = await RunAsync(tenant, "replay", Channel, "--after", "3", "--comment", "Lost.");
        (beyond.ExitCode, beyond.Output.Contains("SEQUENCE_NOT_REACHED", StringComparison.Ordinal)).ShouldBe((1, true));

        string[] resync = ["resync", Channel, "--sku", Mug, "--sku", Tea, "--comment", "Looks wrong.", "--key", "resync-1"];
        var (exitCode, first) = await JsonAsync(tenant, resync);
        var (_, again) = await JsonAsync(tenant, resync);
        exitCode.ShouldBe(0);
        (first[0].GetProperty("task_number").GetInt64(), again[0].GetProperty("task_number").GetInt64()).ShouldBe((2, 2));
        first[0].GetProperty("task_done").GetBoolean().ShouldBeFalse();
        var other = await RunAsync(tenant, "resync", Channel, "--sku", Tea, "--comment", "Looks wrong.", "--key", "resync-1");
        (other.ExitCode, other.Output.Contains("IDEMPOTENCY_KEY_REUSED", StringComparison.Ordinal)).ShouldBe((1, true));
    }

    [Fact]
    public async Task A_promotion_is_refused_before_a_clean_checkpoint_and_back_is_allowed_at_any_time()
    {
        var tenant = await RegisterAsync(Channel);
        var skipped = await RunAsync(tenant, "promote", Channel, "--to", "50", "--comment", "In a hurry.");
        (skipped.ExitCode, skipped.Output.Contains("ROLLOUT_STEP_SKIPPED", StringComparison.Ordinal)).ShouldBe((1, true));
        (await RunAsync(tenant, "promote", Channel, "--to", "shadow", "--comment", "First look.")).Output.ShouldContain("rollout      shadow, version 2");

        var refused = await RunAsync(tenant, "promote", Channel, "--to", "25", "--comment", "Nothing was compared yet.");
        (refused.ExitCode, refused.Output.Contains("CHECKPOINT_NOT_CLEAN", StringComparison.Ordinal)).ShouldBe((1, true));
        var json = await RunAsync(tenant, "promote", Channel, "--to", "25", "--comment", "Nothing was compared yet.", "--json");
        json.ExitCode.ShouldBe(1);
        json.Output.ShouldContain("CHECKPOINT_NOT_CLEAN", customMessage: "a program is told as well");
        var (_, left) = await JsonAsync(tenant, "status", Channel);
        (left[0].GetProperty("rollout").GetString(), left[0].GetProperty("version").GetInt64()).ShouldBe(("shadow", 2), "what was refused changed nothing");
        left[0].GetProperty("against").GetArrayLength().ShouldBeGreaterThan(0);

        (await RunAsync(tenant, "promote", Channel, "--to", "off", "--comment", "Back.")).Output.ShouldContain("rollout      off, version 3");
    }

    [Fact]
    public async Task A_clean_checkpoint_lets_a_promotion_through_which_asks_for_a_resync()
    {
        var tenant = await RegisterAsync(Channel);
        await RunAsync(tenant, "promote", Channel, "--to", "shadow", "--comment", "First look.");
        await ReportCleanWindowAsync(tenant);

        (await RunAsync(tenant, "status", Channel)).ShouldSatisfyAllConditions(
            answer => answer.ExitCode.ShouldBe(0),
            answer => answer.Output.ShouldContain("checkpoint   clean"),
            answer => answer.Output.ShouldContain("10 compared, 0 differ"));
        var promoted = await RunAsync(tenant, "promote", Channel, "--to", $"at:{Location}", "--comment", "One shop first.");
        promoted.ExitCode.ShouldBe(0);
        promoted.Output.ShouldContain($"rollout      at:{Location}, version 3");
        promoted.Output.ShouldContain("task         1 resync, under way");
    }

    [Theory]
    [InlineData("promote tills --to 33 --comment x", "--to must be off, shadow, 25, 50, 100")]
    [InlineData("promote tills --comment x", "--to")]
    [InlineData("pause tills", "--comment")]
    [InlineData("replay tills --comment x", "--after")]
    public async Task What_cannot_be_is_said_in_a_sentence(string line, string said)
    {
        var (exitCode, output, error) = await RunAsync(await shop.OpenAsync(), line.Split(' '));
        (output + error).ShouldContain(said);
        exitCode.ShouldBe(2);
    }

    private async Task<string> RegisterAsync(string channel, string? tenant = null)
    {
        tenant ??= await shop.OpenAsync();
        await shop.Channels.RegisterChannelAsync(new RegisterChannelRequest
        {
            TenantId = tenant,
            ChannelId = channel,
            Declaration = new ChannelDeclaration
            {
                Kind = "square",
                CustomerSentence = "The tills show the last units.",
                Owner = "store-systems",
                Objectives = new ChannelObjectives
                {
                    VisibleWithin = Duration.FromTimeSpan(TimeSpan.FromSeconds(30)),
                    LateRatio = 0.05,
                    ErrorRatio = 0.05,
                    Window = Duration.FromTimeSpan(TimeSpan.FromHours(1)),
                },
            },
        });
        return tenant;
    }

    /// <summary>As a connector reports an hour in which all was well.</summary>
    private async Task ReportCleanWindowAsync(string tenant)
    {
        var lease = await shop.Channels.AcquireChannelLeaseAsync(new AcquireChannelLeaseRequest { TenantId = tenant, ChannelId = Channel, Holder = "test", Ttl = Duration.FromTimeSpan(TimeSpan.FromMinutes(1)) });
        await shop.Channels.ReportChannelHealthAsync(new ReportChannelHealthRequest
        {
            TenantId = tenant,
            ChannelId = Channel,
            FencingNumber = lease.Channel.Lease.FencingNumber,
            ReportNumber = 1,
            ChannelVersion = lease.Channel.Version,
            Health = new ChannelHealth { Duration = Duration.FromTimeSpan(TimeSpan.FromHours(1)), ComparedCount = 10 },
        });
    }

    private async Task<(int ExitCode, JsonElement Channels)> JsonAsync(string tenant, params string[] arguments)
    {
        var (exitCode, output, error) = await RunAsync(tenant, [.. arguments, "--json"]);
        error.ShouldBeEmpty();
        using var json = JsonDocument.Parse(output);
        return (exitCode, json.RootElement.GetProperty("channels").Clone());
    }

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(string tenant, params string[] arguments) => await Stockctl.RunAsync(
        ["channel", .. arguments, "--server", shop.Server.Grpc.ToString(), "--tenant", tenant, "--token-file", await TestTokens.FileAsync(tenant)]);
}
