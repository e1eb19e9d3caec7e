using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Client.Tests.Authority;

namespace StockAuthority.Client.Tests;

/// <summary>Many commands over one stream of the real authority.</summary>
public sealed class ExecuteTests(Authority authority)
{
    [Fact]
    public async Task Every_command_gets_its_own_typed_outcome_by_its_key()
    {
        var sku = await authority.OpenAsync(5);
        var prefix = New("key");
        ExecuteCommand[] commands =
        [
            Reserve(prefix + "-held", sku, 3),
            Reserve(prefix + "-short", sku, 9),
            Reserve(prefix + "-bad", "", 1),
            Adjust(prefix + "-received", sku, 4),
        ];

        var outcomes = (await RunAsync(authority.Client, commands)).ToDictionary(outcome => outcome.Key.Text);

        outcomes.Count.ShouldBe(4);
        var held = outcomes[prefix + "-held"].ShouldBeOfType<CommandOutcome.Done>();
        (held.IsReplay, held.Answer.Reserve.Reservation.State).ShouldBe((false, ReservationState.Active));
        var lacking = outcomes[prefix + "-short"].ShouldBeOfType<CommandOutcome.Refused>();
        (lacking.Why.Code, lacking.Why.Reason).ShouldBe((StatusCode.FailedPrecondition, "INSUFFICIENT_STOCK"));
        lacking.Shortages.ShouldHaveSingleItem().ShouldBe(new StockShortage { Sku = sku, LocationId = Authority.Location, Requested = 9, Available = 2 });
        outcomes[prefix + "-bad"].ShouldBeOfType<CommandOutcome.Refused>().Why.Fields.ShouldHaveSingleItem().Field.ShouldBe("lines[0].sku");
        outcomes[prefix + "-received"].ShouldBeOfType<CommandOutcome.Done>().Answer.Adjust.Levels.ShouldHaveSingleItem().Available.ShouldBe(6);

        var again = await RunAsync(authority.Client, [Reserve(prefix + "-held", sku, 3), Reserve(prefix + "-received", sku, 3)]);
        again.OfType<CommandOutcome.Done>().ShouldHaveSingleItem().IsReplay.ShouldBeTrue();
        again.OfType<CommandOutcome.Refused>().ShouldHaveSingleItem().Why.Reason.ShouldBe("IDEMPOTENCY_KEY_REUSED");
    }

    [Fact]
    public async Task A_connection_that_is_cut_again_and_again_loses_nothing_and_doubles_nothing()
    {
        const int Count = 6_000;
        var sku = await authority.OpenAsync(1);

        // The first cut comes when some are answered and some are not; the later ones also when none is.
        int[] cutAfterBytes = [60_000, 30_000, 30_000, 1, 30_000];
        await using var proxy = new CuttingProxy(authority.Server.Grpc, cutAfterBytes);
        await using var services = await ServicesAsync(proxy.Address);
        List<string> keys = [.. Enumerable.Range(0, Count).Select(_ => New("key"))];

        var outcomes = await RunAsync(services.GetRequiredService<StockAuthorityClient>(), keys.Select(key => Adjust(key, sku, 1)), OutcomeDetail.Brief);

        proxy.Cuts.ShouldBe(cutAfterBytes.Length);
        outcomes.ShouldAllBe(outcome => outcome is CommandOutcome.Done);
        outcomes.Select(outcome => outcome.Key.Text).ShouldBe(keys, ignoreOrder: true);
        (await AvailableAsync(sku)).ShouldBe(1 + Count);
    }

    [Fact]
    public async Task A_server_that_is_killed_and_started_again_loses_nothing_and_doubles_nothing()
    {
        const int Count = 4_000;
        await using var database = await authority.Postgres.CreateDatabaseAsync();
        await using var server = await ServerProcess.StartAsync(database.ConnectionString, NoRedis);
        await OpenCatalogueAsync(server);
        await using var services = await ServicesAsync(server.Grpc);
        var client = services.GetRequiredService<StockAuthorityClient>();
        Task? restart = null;
        List<CommandOutcome> outcomes = [];

        await foreach (var outcome in client.ExecuteAsync(Enumerable.Range(0, Count).Select(number => Adjust(Key(number), "mug", 1)).ToAsyncEnumerable(), OutcomeDetail.Brief))
        {
            outcomes.Add(outcome);
            if (outcomes.Count == Count / 4)
            {
                restart = server.StartAgainAsync();
            }
        }

        await restart.ShouldNotBeNull();
        outcomes.ShouldAllBe(outcome => outcome is CommandOutcome.Done);
        outcomes.Select(outcome => outcome.Key.Text).ShouldBe(Enumerable.Range(0, Count).Select(Key), ignoreOrder: true);
        var found = (await client.GetAvailabilityAsync([new AvailabilityKey { Sku = "mug", LocationId = Authority.Location }], ReadConsistency.Strong))
            .ShouldBeOfType<AvailabilityOutcome.Found>();
        found.Availabilities[0].Level.Available.ShouldBe(Count);

        static string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"restart-{number}");
    }

    private async Task<ServiceProvider> ServicesAsync(Uri address)
    {
        var token = await TestTokens.ForTenantAsync(Tenant);
        return authority.Services(options => (options.Address, options.Token) = (address, token));
    }

    private static async Task<List<CommandOutcome>> RunAsync(
        StockAuthorityClient client, IEnumerable<ExecuteCommand> commands, OutcomeDetail detail = OutcomeDetail.Unspecified) =>
        await client.ExecuteAsync(commands.ToAsyncEnumerable(), detail).ToListAsync();

    private async Task<long> AvailableAsync(string sku)
    {
        var outcome = await authority.Client.GetAvailabilityAsync([new AvailabilityKey { Sku = sku, LocationId = Authority.Location }], ReadConsistency.Strong);
        return outcome.ShouldBeOfType<AvailabilityOutcome.Found>().Availabilities[0].Level.Available;
    }

    private static ExecuteCommand Reserve(string key, string sku, long quantity) => new()
    {
        Reserve = new ReserveRequest { IdempotencyKey = key, OrderRef = "order-" + key, Lines = { Line(sku, quantity) } },
    };

    private static ExecuteCommand Adjust(string key, string sku, long quantity) => new()
    {
        Adjust = new AdjustRequest { IdempotencyKey = key, DocumentRef = "delivery", Reason = AdjustmentReason.Receipt, Lines = { Line(sku, quantity) } },
    };
}
