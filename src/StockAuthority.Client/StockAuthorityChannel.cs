using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Net.Client;

namespace StockAuthority.Client;

/// <summary>Makes channels to the authority.</summary>
public static class StockAuthorityChannel
{
    /// <summary>A refusal of 200 lines with long names does not fit into the 64 KiB that trailers may have by default.</summary>
    private const int LongestTrailersKilobytes = 512;

    /// <summary>
    /// A channel that sends the token with every call. It is safe to share between threads and costly to make: keep one.
    /// </summary>
    public static GrpcChannel Create(StockAuthorityClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var tokens = new BearerTokens(options);
        var credentials = CallCredentials.FromInterceptor(async (context, metadata) =>
        {
            if (await tokens.CurrentAsync(context.CancellationToken) is { } token)
            {
                metadata.Add("Authorization", new AuthenticationHeaderValue("Bearer", token).ToString());
            }
        });
        var secure = options.Address.Scheme == Uri.UriSchemeHttps;
        return GrpcChannel.ForAddress(options.Address, new GrpcChannelOptions
        {
            Credentials = ChannelCredentials.Create(secure ? ChannelCredentials.SecureSsl : ChannelCredentials.Insecure, credentials),

            // Without TLS the address is a loopback or a mesh that encrypts by itself.
            UnsafeUseInsecureChannelCallCredentials = !secure,
            HttpHandler = new SocketsHttpHandler
            {
                EnableMultipleHttp2Connections = true,
                KeepAlivePingDelay = TimeSpan.FromSeconds(30),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
#pragma warning disable CA2262 // Kilobytes are meant.
                MaxResponseHeadersLength = LongestTrailersKilobytes,
#pragma warning restore CA2262
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,

                // A connection is as old as the certificate that it was made with.
                PooledConnectionLifetime = string.IsNullOrEmpty(options.ClientCertificateFile) ? Timeout.InfiniteTimeSpan : TimeSpan.FromHours(1),
                SslOptions = ChannelTls.Options(options),
            },
            DisposeHttpClient = true,
        });
    }
}
