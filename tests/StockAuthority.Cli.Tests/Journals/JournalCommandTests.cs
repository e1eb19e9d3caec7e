using System.Text.Json;
using Google.Rpc;
using Grpc.Core;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Cli.Tests.Shop;

namespace StockAuthority.Cli.Tests.Journals;

/// <summary>The built program beside a server that goes on, each time on a database of its own.</summary>
public sealed class JournalCommandTests(TestPostgres databases) : IAsyncLifetime
{
    private readonly Shop _shop = new(databases);
    private string _tenant = "";

    public async ValueTask InitializeAsync()
    {
        await _shop.InitializeAsync();
        _tenant = await _shop.TradeAsync();
        await OldJournal.SpreadAsync(_shop.Database, _tenant);
    }

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    [Fact]
    public async Task What_is_left_verifies_goes_on_and_what_was_detached_verifies_too()
    {
        var result = await DetachAsync();

        result.GetProperty("partitions").EnumerateArray().Select(partition => (partition.GetProperty("partition").GetString(), partition.GetProperty("movements").GetInt64()))
            .ShouldBe([("movements_first", 0), (OldJournal.Partitions[0], 5), (OldJournal.Partitions[1], 4), (OldJournal.Partitions[2], 2)]);
        (await _shop.ReadAsync<long>(_tenant, "SELECT count(*) FROM movements WHERE tenant_id = $1")).ShouldBe(4);

        // The reservation that began in what was detached goes on.
        var begun = (await _shop.Inventory.ListReservationsAsync(new ListReservationsRequest { TenantId = _tenant })).Reservations[^1];
        await _shop.Inventory.FulfillAsync(new FulfillRequest
        {
            TenantId = _tenant,
            IdempotencyKey = New("key"),
            ReservationId = begun.ReservationId,
            Lines = { Line(Mug, 1) },
        });
        await _shop.ReserveAsync(_tenant, null, Line(Mug, 1), Line(Tea, 1));
        var (code, verified) = await Stockctl.VerifyAsync(_shop, _tenant, "--with-detached");
        code.ShouldBe(0, verified.ToString());
        verified.GetProperty("movements").GetInt64().ShouldBe(18);
        verified.GetProperty("levels").GetInt64().ShouldBe(2);
        verified.GetProperty("reservations").GetInt64().ShouldBe(4);
        verified.GetProperty("detached_partitions").GetInt32().ShouldBe(3);
        (await Stockctl.VerifyAsync(_shop, _tenant)).Result.GetProperty("movements").GetInt64().ShouldBe(7);
    }

    [Fact]
    public async Task Readers_of_what_was_detached_are_told_where_to_go_on()
    {
        await DetachAsync();

        foreach (var after in new[] { 0, 10 })
        {
            ShouldBeDetached(await Should.ThrowAsync<RpcException>(() =>
                _shop.Feed.ReadChangesAsync(new ReadChangesRequest { TenantId = _tenant, AfterSequence = after }).ResponseAsync));
            using var call = _shop.Feed.WatchChanges(new WatchChangesRequest { TenantId = _tenant, AfterSequence = after });
            ShouldBeDetached(await Should.ThrowAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None)));
        }

        var page = await _shop.Feed.ReadChangesAsync(new ReadChangesRequest { TenantId = _tenant, AfterSequence = 11 });
        page.Movements.Select(movement => movement.Sequence).ShouldBe([12, 13, 14, 15]);
        (await _shop.Inventory.ListMovementsAsync(new ListMovementsRequest { TenantId = _tenant })).Movements.Select(movement => movement.Sequence).ShouldBe([12, 13, 14, 15]);
    }

    /// <summary>Nobody may take a journal of which nothing is left for one that has no news.</summary>
    [Fact]
    public async Task A_reader_of_a_journal_that_was_detached_whole_is_told_too()
    {
        await _shop.TamperAsync(_tenant, "UPDATE movements SET recorded_at = recorded_at - interval '1 month' WHERE tenant_id = $1 AND sequence > 11");
        await Journal.ChainAgainAsync(_shop, _tenant);
        await DetachAsync();

        ShouldBeDetached(
            await Should.ThrowAsync<RpcException>(() => _shop.Feed.ReadChangesAsync(new ReadChangesRequest { TenantId = _tenant, AfterSequence = 14 }).ResponseAsync), "15");
        (await _shop.Feed.ReadChangesAsync(new ReadChangesRequest { TenantId = _tenant, AfterSequence = 15 })).Movements.ShouldBeEmpty();
        await _shop.ReserveAsync(_tenant, null, Line(Mug, 1));
        var (exitCode, result) = await Stockctl.VerifyAsync(_shop, _tenant, "--with-detached");
        exitCode.ShouldBe(0, result.ToString());
    }

    [Theory]
    [InlineData("--before must be a month, as 2026-01.", "--before", "2026-01-01")]
    [InlineData("Option '--before' is required.")]
    public async Task Bad_arguments_are_one_sentence(string sentence, params string[] arguments)
    {
        var (exitCode, output, error) = await Stockctl.RunAsync(["journal", "detach", .. arguments]);

        (exitCode, output, error.TrimEnd()).ShouldBe((2, "", sentence));
    }

    [Fact]
    public async Task A_refusal_is_its_reason_and_a_sentence()
    {
        var (exitCode, output, error) = await RunAsync("--before", OldJournal.Before(1));

        (exitCode, output).ShouldBe((1, ""));
        error.ShouldStartWith("NEWEST_MONTH: The current month stays attached");
        error.TrimEnd().ShouldNotContain('\n');
    }

    private static void ShouldBeDetached(RpcException error, string upTo = "11")
    {
        error.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        var info = error.GetRpcStatus()!.GetDetail<ErrorInfo>();
        info.Reason.ShouldBe("SEQUENCE_DETACHED");
        info.Metadata["detached_up_to"].ShouldBe(upTo);
    }

    private async Task<JsonElement> DetachAsync()
    {
        var (exitCode, output, error) = await RunAsync("--before", OldJournal.Before(0), "--json");
        exitCode.ShouldBe(0, error);
        using var json = JsonDocument.Parse(output);
        return json.RootElement.Clone();
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) =>
        Stockctl.RunAsync(["journal", "detach", "--postgres", _shop.Database.ConnectionString, .. arguments]);
}
