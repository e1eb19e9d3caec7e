using Microsoft.Extensions.Time.Testing;
using Shouldly;
using StockAuthority.Intake.Inbox;

namespace StockAuthority.Intake.Tests.Inbox;

public sealed class EventPullsTests(InboxDatabase databases)
{
    private static readonly PulledAccount Account = new(RunningIntake.Tenant, "stripe", RunningIntake.Account);

    [Fact]
    public async Task One_replica_at_a_time_has_the_run_and_another_follows_a_dead_one_when_its_lease_ends()
    {
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), authorityPort: 1);
        var clock = new FakeTimeProvider(Rows.ReceivedAt);
        var (one, other) = (new EventPulls(intake.Database, clock), new EventPulls(intake.Database, clock));
        await one.BeginAsync(Account, null, CancellationToken.None);
        await other.BeginAsync(Account, null, CancellationToken.None);

        var dead = (await one.ClaimAsync(Account, CancellationToken.None)).ShouldNotBeNull();
        (await other.ClaimAsync(Account, CancellationToken.None)).ShouldBeNull();
        clock.Advance(TimeSpan.FromSeconds(110));
        (await one.StoreAsync(dead, [new PulledEvent("evt_1", "{}"u8.ToArray())], CancellationToken.None)).ShouldBe(1);
        clock.Advance(TimeSpan.FromSeconds(110));
        (await other.ClaimAsync(Account, CancellationToken.None)).ShouldBeNull("a page extends the lease");

        clock.Advance(TimeSpan.FromSeconds(11));
        var next = (await other.ClaimAsync(Account, CancellationToken.None)).ShouldNotBeNull();
        (await one.StoreAsync(dead, [new PulledEvent("evt_2", "{}"u8.ToArray())], CancellationToken.None)).ShouldBeNull();
        (await one.AdvanceAsync(dead, clock.GetUtcNow(), CancellationToken.None)).ShouldBeFalse();
        (await other.StoreAsync(next, [new PulledEvent("evt_1", "{}"u8.ToArray()), new PulledEvent("evt_2", "{}"u8.ToArray())], CancellationToken.None)).ShouldBe(1);
        (await intake.ReadAsync<string>("SELECT string_agg(event_id, ',' ORDER BY event_id) FROM inbox")).ShouldBe("evt_1,evt_2");
    }
}
