using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Identity;
using StockAuthority.DevHost.Processes;
using StockAuthority.Testing;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>An OIDC issuer whose keys come and go; it counts how often they are asked for.</summary>
internal sealed class RotatingIssuer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private volatile DevelopmentIssuer[] _published;
    private int _reads;

    private RotatingIssuer(DevelopmentIssuer[] published, int port)
    {
        _published = published;
        Address = Services.Address(port);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, port));
        builder.Services.AddRoutingCore();
        _application = builder.Build();
        _application.Use(async (context, next) =>
        {
            if (IsAway)
            {
                Interlocked.Increment(ref _reads);
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            }

            await next(context);
        });
        _application.UseRouting();
        _application.MapIssuer(KeySet);
    }

    public string Address { get; }

    /// <summary>How often its keys were read, or were tried to be while it is away.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>It answers nobody.</summary>
    public bool IsAway { get; set; }

    public static async Task<RotatingIssuer> StartAsync(params DevelopmentIssuer[] published)
    {
        var issuer = new RotatingIssuer(published, Ports.Free());
        await issuer._application.StartAsync();
        return issuer;
    }

    /// <summary>A signer with a key of its own; all of them go by the same issuer's name.</summary>
    public static async Task<DevelopmentIssuer> NewKeyAsync() =>
        DevelopmentIssuer.Open(Path.Combine(await TestWorkspace.FolderAsync(), $"signer-{Guid.NewGuid():N}"), TimeProvider.System);

    /// <summary>From now on these keys are the issuer's, and no others.</summary>
    public void Publish(params DevelopmentIssuer[] keys) => _published = keys;

    public IReadOnlyDictionary<string, string> Settings(TimeSpan refreshInterval, TimeSpan unknownKeyInterval) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Authentication__Authority"] = Address,
        ["Authentication__SigningKeysFile"] = "",
        ["Authentication__KeyRefreshInterval"] = refreshInterval.ToString(),
        ["Authentication__UnknownKeyInterval"] = unknownKeyInterval.ToString(),
    };

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private string KeySet()
    {
        Interlocked.Increment(ref _reads);
        var keys = _published.SelectMany(signer => JsonNode.Parse(File.ReadAllText(signer.KeySetFile))!["keys"]!.AsArray().Select(key => key!.DeepClone()));
        return new JsonObject { ["keys"] = new JsonArray([.. keys]) }.ToJsonString();
    }
}
