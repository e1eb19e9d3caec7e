using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Tests.Hosts;

namespace StockAuthority.Connectors.Tests.Compliance;

/// <summary>The example of docs/adding-a-channel.md.</summary>
public sealed class ExampleComplianceTests : LevelChannelCompliance
{
    private protected override string Consumer => "example";

    private protected override Task<IChannelStand> StandAsync() => Task.FromResult<IChannelStand>(new Stand());

    private sealed class Stand : IChannelStand
    {
        private readonly ExampleShop _shop = new();

        public int Calls => _shop.Calls;

        public IReadOnlyList<(string Sku, long Units)> Applied => _shop.Applied;

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
