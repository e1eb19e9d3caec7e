using System.Globalization;
using System.Net;

namespace StockAuthority.Connectors.Simulators;

/// <param name="AccessToken">The one token that is let in. <c>Simulator:AccessToken</c>.</param>
/// <param name="RequestsPerSecond">More than these are answered 429; 0 lets all pass. <c>Simulator:RequestsPerSecond</c>.</param>
/// <param name="ShopifyRestoreRate">Points that Shopify's bucket regains in a second; it holds twenty times as many. <c>Simulator:ShopifyRestoreRate</c>; by default that of the standard plan.</param>
/// <param name="WebhookSecretFile">The secrets that the sample subscriber verifies with, one a line; without it takes nothing. <c>Simulator:WebhookSecretFile</c>.</param>
internal sealed record SimulatorOptions(string AccessToken, int RequestsPerSecond, int ShopifyRestoreRate, string? WebhookSecretFile)
{
    /// <summary>Where Square's webhooks go; null: nowhere. <c>Simulator:SquareWebhookUrl</c>.</summary>
    public Uri? SquareWebhookUrl { get; private init; }

    /// <summary>What they are signed with. <c>Simulator:SquareWebhookKey</c>.</summary>
    public string? SquareWebhookKey { get; private init; }

    private const int StandardRestoreRate = 100;
    private const int MostRequestsPerSecond = 1_000_000;

    /// <summary>One sentence about the first setting that is not usable; null where all are.</summary>
    public static string? Read(ConfigurationManager configuration, out SimulatorOptions options)
    {
        var token = configuration["Simulator:AccessToken"];
        var pace = configuration["Simulator:RequestsPerSecond"];
        options = new SimulatorOptions(token ?? "", 0, StandardRestoreRate, configuration["Simulator:WebhookSecretFile"] is { Length: > 0 } file ? file : null);
        if (string.IsNullOrWhiteSpace(token))
        {
            return "The simulator cannot start: Simulator:AccessToken is not set (environment: Simulator__AccessToken).";
        }

        if (!string.IsNullOrWhiteSpace(pace))
        {
            if (!int.TryParse(pace, NumberStyles.None, CultureInfo.InvariantCulture, out var perSecond) || perSecond > MostRequestsPerSecond)
            {
                return "The simulator cannot start: Simulator:RequestsPerSecond is not a whole number.";
            }

            options = options with { RequestsPerSecond = perSecond };
        }

        if (configuration["Simulator:ShopifyRestoreRate"] is { Length: > 0 } restoreRate)
        {
            if (!int.TryParse(restoreRate, NumberStyles.None, CultureInfo.InvariantCulture, out var points) || points is < 1 or > MostRequestsPerSecond)
            {
                return "The simulator cannot start: Simulator:ShopifyRestoreRate is not a whole number from 1 to 1000000.";
            }

            options = options with { ShopifyRestoreRate = points };
        }

        if (configuration["Simulator:SquareWebhookUrl"] is { Length: > 0 } webhookUrl)
        {
            if (!Uri.TryCreate(webhookUrl, UriKind.Absolute, out var url) || !IsLoopback(webhookUrl) || configuration["Simulator:SquareWebhookKey"] is not { Length: > 0 } key)
            {
                return "The simulator cannot start: Simulator:SquareWebhookUrl is not an address of this machine, or Simulator:SquareWebhookKey is not set.";
            }

            options = options with { SquareWebhookUrl = url, SquareWebhookKey = key };
        }

        return Addresses(configuration).FirstOrDefault(address => !IsLoopback(address)) is { } open
            ? $"The simulator cannot start: it serves this machine only, and {open} is not a loopback address."
            : null;
    }

    // Kestrel's own endpoints replace the other two.
    private static string[] Addresses(ConfigurationManager configuration)
    {
        string[] endpoints = [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>()];
        string[] urls = (configuration["urls"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] ports = [configuration["http_ports"] ?? "", configuration["https_ports"] ?? ""];
        return endpoints.Length > 0 ? endpoints
            : urls.Length > 0 ? urls
            : [.. ports.Where(port => port.Length > 0).Select(port => "http://*:" + port.Split(';')[0])];
    }

    private static bool IsLoopback(string address)
    {
        var host = BindingAddress.Parse(address).Host;
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }
}
