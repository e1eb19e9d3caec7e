using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace StockAuthority.Client;

/// <summary>Adds the authority to an application.</summary>
public static class StockAuthorityServices
{
    /// <summary>Adds <see cref="StockAuthorityClient"/> as a singleton with one channel of its own.</summary>
    /// <exception cref="ArgumentException">What was configured cannot work; thrown here, not at the first call.</exception>
    public static IServiceCollection AddStockAuthority(this IServiceCollection services, Action<StockAuthorityClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);

        // Null until configured; checked right after.
        var options = new StockAuthorityClientOptions { Address = null! };
        configure(options);
        Check(options);

        // Held by a type of its own: the application may have other channels, and the container disposes this one.
        services.TryAddSingleton(_ => new OwnChannel(StockAuthorityChannel.Create(options)));
        services.TryAddSingleton(provider => new StockAuthorityClient(provider.GetRequiredService<OwnChannel>().Channel, options));
        return services;
    }

    private static void Check(StockAuthorityClientOptions options)
    {
        if (options.Address is not { IsAbsoluteUri: true } address || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException("Set Address to the authority's gRPC address, for example https://stock.example.com.", nameof(options));
        }

        if (new object?[] { options.Token, options.TokenFile, options.TokenProvider }.Count(each => each is not null) > 1)
        {
            throw new ArgumentException("Set only one of Token, TokenFile and TokenProvider.", nameof(options));
        }

        if (options.Address.Scheme != Uri.UriSchemeHttps && !(string.IsNullOrEmpty(options.CaFile) && string.IsNullOrEmpty(options.ClientCertificateFile)))
        {
            throw new ArgumentException("CaFile and ClientCertificateFile need an https Address.", nameof(options));
        }

        if (options.Deadline <= TimeSpan.Zero || options.Deadline > TimeSpan.FromHours(1))
        {
            throw new ArgumentException("Deadline must be above zero and at most an hour.", nameof(options));
        }

        // Polly's own bounds for a timeout that is not zero: 10 milliseconds to 24 hours.
        if (options.RetryBudget < TimeSpan.Zero || (options.RetryBudget > TimeSpan.Zero && options.RetryBudget < options.Deadline) || options.RetryBudget > TimeSpan.FromHours(1))
        {
            throw new ArgumentException("RetryBudget must be zero, or at least Deadline and at most an hour.", nameof(options));
        }
    }

    private sealed class OwnChannel(GrpcChannel channel) : IDisposable
    {
        public GrpcChannel Channel => channel;

        public void Dispose() => channel.Dispose();
    }
}
