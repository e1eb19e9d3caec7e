using System.Security.Cryptography;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;

namespace StockAuthority.Testing;

/// <summary>The webhooks' receiver as a process of its own, with one account of each provider, which is named after its tenant.</summary>
public sealed class IntakeProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    private readonly ChildProcess _child;

    private IntakeProcess(ChildProcess child, Uri address, string stripeSecret, string adyenKey) =>
        (_child, Address, StripeSecret, AdyenKey) = (child, address, stripeSecret, adyenKey);

    /// <summary>Where webhooks and health are.</summary>
    public Uri Address { get; }

    /// <summary>Signs Stripe's webhooks.</summary>
    public string StripeSecret { get; }

    /// <summary>Signs Adyen's webhooks: bytes in hexadecimal.</summary>
    public string AdyenKey { get; }

    /// <summary>Its process id.</summary>
    public int ProcessId => _child.Identity.ProcessId;

    /// <summary>Starts an intake and waits until it is ready.</summary>
    /// <param name="inbox">Connection string of its database. It migrates it.</param>
    /// <param name="authority">The server's gRPC address.</param>
    /// <param name="tenant">Whose accounts these are.</param>
    public static async Task<IntakeProcess> StartAsync(string inbox, Uri authority, string tenant)
    {
        var port = Ports.Free();
        var stripeSecret = "whsec_" + RandomNumberGenerator.GetHexString(32, lowercase: true);
        var adyenKey = RandomNumberGenerator.GetHexString(64);
        var program = Services.Intake(
            TestWorkspace.Checkout, await TestWorkspace.NewLogFileAsync("intake"), port, inbox, authority, await TestTokens.FileAsync("*"), tenant, stripeSecret, adyenKey);
        return new IntakeProcess(await TestWorkspace.StartAsync(program), Services.Loopback(port), stripeSecret, adyenKey);
    }

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        await TestWorkspace.StopAsync(_child, StopGrace);
        await _child.DisposeAsync();
    }
}
