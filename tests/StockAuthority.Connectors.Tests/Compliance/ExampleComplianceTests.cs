using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.Operations.V1;
using Xunit;

namespace StockAuthority.Connectors.Tests.Compliance;

/// <summary>The example of docs/adding-a-channel.md.</summary>
public sealed class ExampleComplianceTests : LevelChannelCompliance
{
    private protected override string Consumer => "example";

    private protected override Task<IChannelStand> StandAsync() => Task.FromResult<IChannelStand>(new Stand());

    [Fact]
    public async Task A_level_that_is_answered_with_what_nobody_can_sort_is_parked_while_others_are_taken()
    {
        await ConnectAsync();
        Journal.Append("odd", 1);
        for (var number = 1; number <= 120; number++)
        {
            Journal.Append($"item-{number}", number);
        }

        await CheckpointAsync();
        await ShownAsync("item-120", 120);
        var found = Desk.Cases.ShouldHaveSingleItem();
        (found.Kind, found.Sku).ShouldBe((ExceptionKind.LevelRefused, "odd"));
        found.Evidence.Response.ShouldContain("418");
    }

    private sealed class Stand : IChannelStand
    {
        private readonly ExampleShop _shop = new();

        public int Calls => _shop.Calls;

        public bool KnowsKeys => true;

        public IReadOnlyList<(string Sku, long Units)> Applied => _shop.Applied;

        public long? LargestQuantity => ExampleShop.LargestQuantity;

        /// <summary>It has no mapping of its own: the shop comes to know the item.</summary>
        public Task<string[]> MapWrongAsync()
        {
            _shop.Set(ChannelFault.KnowsNotOne);
            return Task.FromResult<string[]>([]);
        }

        public async Task<IAsyncDisposable> ConnectAsync(FeedHost feed, params string[] settings)
        {
            var builder = WebApplication.CreateBuilder(
            [
                "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0",
                $"--StockAuthority:Address={feed.Address}", $"--StockAuthority:Token={JournalFeedService.Token}", $"--Connector:TenantId={JournalFeedService.TenantId}",
                .. PosHost.Quick, .. settings,
            ]);
            builder.Logging.ClearProviders();
            var reader = new SettingsReader(builder.Configuration);
            builder.Services.AddSingleton(TimeProvider.System);
            builder.Services.AddSingleton<ILevelChannel>(new ExampleChannel(_shop));
            builder.Services.AddLevelConnector(
                ConnectorOptions.Read(reader, defaultConsumer: "example"), ChannelDeclarationOptions.Read(reader, kind: "example"), ConnectorHosting.ReadAuthority(reader));
            if (reader.Problem is { } problem)
            {
                throw new InvalidOperationException(problem);
            }

            var app = builder.Build();
            await app.StartAsync();
            return new Running(app);
        }

        public Task FaultAsync(ChannelFault fault)
        {
            _shop.Set(fault);
            return Task.CompletedTask;
        }

        public Task<long?> ShownAsync(string sku) => Task.FromResult(_shop.Shown(sku));

        public Task OverwriteAsync(string sku, long units)
        {
            _shop.Overwrite(sku, units);
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Running(WebApplication app) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}
