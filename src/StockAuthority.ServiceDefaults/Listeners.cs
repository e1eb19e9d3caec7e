using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace StockAuthority.ServiceDefaults;

/// <summary>Where a process is configured to listen, and whether it may. Looked at before anything is opened.</summary>
public static class Listeners
{
    /// <summary>Allows plain text on any address: a proxy in front ends TLS, and nobody else reaches this process.</summary>
    public const string BehindTlsProxy = "Transport:PlainTextBehindTlsProxy";

    /// <summary>One sentence where the process would listen in plain text beyond loopback, in production; null where it may start.</summary>
    public static string? PlainTextProblem(IConfiguration configuration, IHostEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (!environment.IsProduction() || configuration.GetValue<bool>(BehindTlsProxy))
        {
            return null;
        }

        return BeyondLoopback(configuration).FirstOrDefault(address => !address.StartsWith("https:", StringComparison.OrdinalIgnoreCase)) is { } plain
            ? $"PLAIN_TEXT_LISTENER: in production this process does not listen in plain text on {plain}. " +
              $"Use https or a loopback address, or set {BehindTlsProxy} to true where a proxy in front of it ends TLS."
            : null;
    }

    /// <summary>The addresses that other machines can reach, as configured.</summary>
    public static IEnumerable<string> BeyondLoopback(IConfiguration configuration) => Addresses(configuration).Where(address => !IsLoopback(address));

    /// <summary>As Kestrel chooses: its endpoints, and only where there are none the host's addresses and ports.</summary>
    private static IEnumerable<string> Addresses(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().ToList();
        return endpoints.Count > 0
            ? endpoints
            : Words(configuration["urls"])
                .Concat(Words(configuration["http_ports"]).Select(port => $"http://*:{port}"))
                .Concat(Words(configuration["https_ports"]).Select(port => $"https://*:{port}"));
    }

    private static string[] Words(string? text) => text?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static bool IsLoopback(string address)
    {
        var parsed = BindingAddress.Parse(address);
        return parsed.IsUnixPipe
            || parsed.IsNamedPipe
            || string.Equals(parsed.Host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(parsed.Host, out var ip) && IPAddress.IsLoopback(ip));
    }
}
