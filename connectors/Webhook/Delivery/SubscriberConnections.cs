using System.Net;
using System.Net.Sockets;

namespace StockAuthority.Connectors.Webhook.Delivery;

/// <summary>How subscribers are reached. What a name resolves to is looked at when connecting, because a name that was good at the start can be pointed elsewhere later.</summary>
internal static class SubscriberConnections
{
    public static SocketsHttpHandler Handler(WebhookOptions options) => new()
    {
        // A redirect would take a signed message to where nobody subscribed, past the check of the URL.
        AllowAutoRedirect = false,

        // A proxy would connect in our place, to addresses that we never see.
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = options.AttemptTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        MaxResponseHeadersLength = 16,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, options.AllowPrivateTargets, cancellationToken),
    };

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, bool allowPrivate, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        IPAddress[] allowed = [.. addresses.Where(address => allowPrivate || PublicAddress.IsPublic(address))];
        if (allowed.Length == 0)
        {
            throw new RefusedAddressException(target.Host);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
