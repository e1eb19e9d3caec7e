using Google.Rpc;
using Grpc.Core;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Tests.Availability;
using Xunit;

namespace StockAuthority.Server.Tests.ChangeFeed;

public sealed class ReadChangesTests(FeedFixture fixture) : IClassFixture<FeedFixture>
{
    private Stage Stage => fixture.Stage;

    private ChangeFeedService.ChangeFeedServiceClient Feed => new(Stage.Channel);

    [Fact]
    public async Task Pages_follow_each_other_without_gaps_to_the_head()
    {
        var tenant = await fixture.NewTenantAsync();
        for (var change = 0; change < 25; change++)
        {
            await Stage.AdjustAsync($"sku-{change % 3}", 1, tenant);
        }

        var sequences = new List<long>();
        ReadChangesResponse page;
        do
        {
            page = await ReadAsync(tenant, sequences.LastOrDefault(), pageSize: 10);
            sequences.AddRange(page.Movements.Select(movement => movement.Sequence));
            page.HeadSequence.ShouldBe(25);
        }
        while (page.Movements.Count > 0);

        sequences.ShouldBe([.. Enumerable.Range(1, 25)]);
    }

    [Fact]
    public async Task Levels_are_the_latest_of_each_touched_key_once()
    {
        var tenant = await fixture.NewTenantAsync();
        for (var change = 0; change < 4; change++)
        {
            await Stage.AdjustAsync("sku", 5, tenant);
        }

        await Stage.AdjustAsync("later", 1, tenant);
        var page = await ReadAsync(tenant, after: 0, pageSize: 2);

        page.Movements.Select(movement => movement.LevelVersion).ShouldBe([1, 2]);
        var level = page.Levels.ShouldHaveSingleItem();
        level.ShouldBe((await Stage.GetAsync("sku", ReadConsistency.Strong, tenant)).Level);
        (level.Available, level.Version, level.Sequence).ShouldBe((20, 4, 4));
    }

    [Fact]
    public async Task At_the_head_and_beyond_it_there_is_nothing_but_the_head()
    {
        var tenant = await fixture.NewTenantAsync();
        (await ReadAsync(tenant, after: 0)).ShouldBe(new ReadChangesResponse());
        await Stage.AdjustAsync("sku", 1, tenant);

        (await ReadAsync(tenant, after: 1)).ShouldBe(new ReadChangesResponse { HeadSequence = 1 });
        (await ReadAsync(tenant, long.MaxValue)).ShouldBe(new ReadChangesResponse { HeadSequence = 1 });
    }

    [Fact]
    public async Task Bad_requests_are_told_what_is_wrong()
    {
        await ShouldFailAsync(async () => await ReadAsync("nobody", 0), StatusCode.NotFound, "UNKNOWN_TENANT");
        await ShouldFailAsync(async () => await ReadAsync("", 0), StatusCode.InvalidArgument, "MISSING_FIELD");
        await ShouldFailAsync(async () => await ReadAsync("acme", -1), StatusCode.InvalidArgument, "OUT_OF_RANGE");
        await ShouldFailAsync(async () => await ReadAsync("acme", 0, pageSize: 1001), StatusCode.InvalidArgument, "OUT_OF_RANGE");
    }

    [Fact]
    public async Task A_checkpoint_never_goes_back()
    {
        var tenant = await fixture.NewTenantAsync();
        for (var change = 0; change < 30; change++)
        {
            await Stage.AdjustAsync("sku", 1, tenant);
        }

        (await CheckpointAsync(tenant)).ShouldBe((0, 30));
        (await AcknowledgeAsync(tenant, 5)).ShouldBe(5);
        (await AcknowledgeAsync(tenant, 3)).ShouldBe(5);
        (await AcknowledgeAsync(tenant, 0)).ShouldBe(5);
        (await AcknowledgeAsync(tenant, 1, "other")).ShouldBe(1);

        await Task.WhenAll(Enumerable.Range(1, 30).Reverse().Select(sequence => AcknowledgeAsync(tenant, sequence)));
        (await CheckpointAsync(tenant)).ShouldBe((30, 30));
        (await CheckpointAsync(tenant, "other")).ShouldBe((1, 30));
    }

    [Fact]
    public async Task Nothing_beyond_the_journal_can_be_acknowledged()
    {
        var tenant = await fixture.NewTenantAsync();
        await Stage.AdjustAsync("sku", 1, tenant);
        await AcknowledgeAsync(tenant, 1);

        var error = await ShouldFailAsync(() => AcknowledgeAsync(tenant, 2), StatusCode.FailedPrecondition, "SEQUENCE_NOT_REACHED");

        error.Metadata["head_sequence"].ShouldBe("1");
        (await CheckpointAsync(tenant)).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Checkpoints_of_unknown_tenants_and_unusable_names_are_refused()
    {
        var tenant = await fixture.NewTenantAsync();
        await ShouldFailAsync(() => AcknowledgeAsync("nobody", 0), StatusCode.NotFound, "UNKNOWN_TENANT");
        await ShouldFailAsync(() => CheckpointAsync("nobody"), StatusCode.NotFound, "UNKNOWN_TENANT");
        await ShouldFailAsync(() => AcknowledgeAsync(tenant, 0, ""), StatusCode.InvalidArgument, "MISSING_FIELD");
        await ShouldFailAsync(() => AcknowledgeAsync(tenant, 0, new string('x', 129)), StatusCode.InvalidArgument, "TEXT_TOO_LONG");
        await ShouldFailAsync(() => AcknowledgeAsync(tenant, -1), StatusCode.InvalidArgument, "OUT_OF_RANGE");

        // The authority's own tail must not be moved by a caller: what it skips stays stale in the cache.
        await ShouldFailAsync(() => AcknowledgeAsync(tenant, 0, "availability-cache"), StatusCode.InvalidArgument, "RESERVED_NAME");
    }

    private static async Task<ErrorInfo> ShouldFailAsync(Func<Task> call, StatusCode status, string reason)
    {
        var error = await Should.ThrowAsync<RpcException>(call);
        error.StatusCode.ShouldBe(status);
        var information = error.GetRpcStatus()!.GetDetail<ErrorInfo>()!;
        information.Reason.ShouldBe(reason);
        return information;
    }

    private async Task<ReadChangesResponse> ReadAsync(string tenant, long after, int pageSize = 0) =>
        await Feed.ReadChangesAsync(new ReadChangesRequest { TenantId = tenant, AfterSequence = after, PageSize = pageSize });

    private async Task<long> AcknowledgeAsync(string tenant, long sequence, string consumer = "pos") =>
        (await Feed.AcknowledgeChangesAsync(new AcknowledgeChangesRequest { TenantId = tenant, Consumer = consumer, Sequence = sequence })).Sequence;

    private async Task<(long Sequence, long Head)> CheckpointAsync(string tenant, string consumer = "pos")
    {
        var checkpoint = await Feed.GetCheckpointAsync(new GetCheckpointRequest { TenantId = tenant, Consumer = consumer });
        return (checkpoint.Sequence, checkpoint.HeadSequence);
    }
}
