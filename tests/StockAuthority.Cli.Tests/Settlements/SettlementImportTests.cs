using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Shouldly;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Cli.Tests.Settlements;

/// <summary>The built program, on a real server.</summary>
public sealed class SettlementImportTests(Shop shop) : IClassFixture<Shop>
{
    private const string Header = "payment_object_id,currency,amount,settle_time,reference";

    [Fact]
    public async Task Lines_are_recorded_once_under_their_names_move_nothing_and_each_bad_one_is_named_by_its_line()
    {
        const int Good = 500;
        var tenant = await shop.OpenAsync();
        var payment = Shop.New("psp");
        await shop.Payments.ApplyPaymentEventAsync(new ApplyPaymentEventRequest
        {
            TenantId = tenant,
            IdempotencyKey = Shop.New("key"),
            Event = new PaymentEvent
            {
                EventType = PaymentEventType.CaptureSucceeded,
                Provider = "acme",
                Account = "shop",
                ProviderEventId = "captured",
                PaymentObjectId = payment,
                OrderRef = "order",
                Lines = { Shop.Line(Shop.Mug, 3) },
                Amount = new Money { Currency = "EUR", MinorUnits = 1000 },
                FullAmount = true,
                OccurTime = TimeProvider.System.GetUtcNow().ToTimestamp(),
                SchemaVersion = 2,
            },
        });
        var before = await HeadAsync(tenant);
        var file = await FileAsync(
        [
            Header,
            $"{payment},EUR,1000,2026-11-25T00:00:00Z,line-a",
            "psp-x,EUR,10.5,2026-11-25T00:00:00Z,line-b",
            "psp-x,EUR,10,yesterday,line-c",
            ",EUR,10,2026-11-25T00:00:00Z,line-d",
            "psp-x,euro,10,2026-11-25T00:00:00Z,line-e",
            "\"psp-x,EUR,10,2026-11-25T00:00:00Z,line-f",
            .. Enumerable.Range(0, Good).Select(number => $"pay-{number},EUR,{number},2026-11-25T00:00:00Z,"),
        ]);

        var (exitCode, result) = await ImportAsync(tenant, file);

        exitCode.ShouldBe(1, result.ToString());
        result.GetProperty("rows").GetInt64().ShouldBe(Good + 6);
        Recorded(result).ShouldBe(Good + 1);
        result.GetProperty("refused").GetInt64().ShouldBe(5);
        (await RefusedAsync(file)).ShouldBe([("3", "AMOUNT_INVALID"), ("4", "TIME_INVALID"), ("5", "MISSING_FIELD"), ("6", "CURRENCY_INVALID"), ("7", "MALFORMED_ROW")], ignoreOrder: true);
        (await HeadAsync(tenant)).ShouldBe(before);
        var settled = (await shop.Payments.ListPaymentEventsAsync(new ListPaymentEventsRequest { TenantId = tenant, PaymentObjectId = payment })).PaymentEvents
            .Single(each => each.Event.EventType == PaymentEventType.SettlementConfirmed);
        (settled.Event.ReportLine, settled.Event.Amount.MinorUnits, settled.Resolution, settled.Reason).ShouldBe((Path.GetFileNameWithoutExtension(file) + ":line-a", 1000, Resolution.NoOp, "REPORTING_ONLY"));

        (exitCode, result) = await ImportAsync(tenant, file);

        exitCode.ShouldBe(1);
        Recorded(result).ShouldBe(Good + 1);
        (await shop.Payments.ListPaymentEventsAsync(new ListPaymentEventsRequest { TenantId = tenant, PaymentObjectId = payment })).PaymentEvents.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("payment_object_id,currency,amount", "has no column settle_time")]
    [InlineData("", "has no column payment_object_id")]
    public async Task A_file_that_lacks_a_column_is_refused_before_anything_is_sent(string header, string sentence)
    {
        var file = await FileAsync([header]);

        var (exitCode, output, error) = await RunAsync(await shop.OpenAsync(), file);

        exitCode.ShouldBe(2);
        error.ShouldContain(sentence);
        JsonDocument.Parse(output).RootElement.GetProperty("status").GetString().ShouldBe("could_not_run");
    }

    private static long Recorded(JsonElement result) => result.GetProperty("recorded").EnumerateObject().Sum(each => each.Value.GetInt64());

    private async Task<long> HeadAsync(string tenant) =>
        (await shop.Feed.GetCheckpointAsync(new ChangeFeed.V1.GetCheckpointRequest { TenantId = tenant, Consumer = "test" })).HeadSequence;

    private async Task<(int ExitCode, JsonElement Result)> ImportAsync(string tenant, string file)
    {
        var (exitCode, output, error) = await RunAsync(tenant, file);
        error.ShouldBeEmpty();
        using var json = JsonDocument.Parse(output);
        return (exitCode, json.RootElement.Clone());
    }

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(string tenant, string file) => await Stockctl.RunAsync(
        "settlement", "import", file, "--provider", "acme", "--account", "shop", "--server", shop.Server.Grpc.OriginalString, "--tenant", tenant,
        "--token-file", await TestTokens.FileAsync(tenant), "--json");

    private static async Task<string> FileAsync(IEnumerable<string> lines)
    {
        var path = Path.Combine(await TestWorkspace.FolderAsync(), Shop.New("settlement") + ".csv");
        await File.WriteAllLinesAsync(path, lines);
        return path;
    }

    private static async Task<(string Line, string Reason)[]> RefusedAsync(string file) =>
        [.. (await File.ReadAllLinesAsync(Path.ChangeExtension(file, ".refused.csv"))).Skip(1).Select(line => line.Split(',')).Select(fields => (fields[0], fields[1]))];
}
