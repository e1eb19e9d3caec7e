using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace StockAuthority.Server.Infrastructure;

/// <summary>
/// The issuer's signing keys, read again every now and then, and at once for a token whose key is not known. Our own
/// instead of the library's ConfigurationManager: that one answers with the old keys while it reads the new ones, and
/// goes on accepting a withdrawn key for an hour.
/// </summary>
internal sealed partial class SigningKeys(IOptions<TokenOptions> options, TimeProvider time, ILogger<SigningKeys> logger)
    : BackgroundService, IHealthCheck
{
    private const int LargestAnswerBytes = 1024 * 1024;
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(5);

    private readonly TokenOptions _options = options.Value;
    private readonly HttpClient _http = new() { Timeout = ReadTimeout, MaxResponseContentBufferSize = LargestAnswerBytes };
    private readonly SemaphoreSlim _reading = new(1);
    private volatile SigningKeySet? _current;
    private long? _readAt;

    /// <summary>Null until the issuer has answered once.</summary>
    public SigningKeySet? Current => _current;

    /// <summary>The keys that can judge a token with this key id, or the newest that there are; null where there are none.</summary>
    public async Task<SigningKeySet?> ForAsync(string? keyId)
    {
        if (_current is not { } current || !current.CanJudge(keyId))
        {
            await RefreshAsync(_options.UnknownKeyInterval);
        }

        return _current;
    }

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await ForAsync(null) is null ? HealthCheckResult.Unhealthy("The issuer's signing keys are not known.") : HealthCheckResult.Healthy();

    /// <summary>Reads the keys before anybody is let in. An issuer that is away is asked again later; a file must be there.</summary>
    /// <exception cref="StartupException">The file cannot be read.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(TimeSpan.Zero);
        if (_current is null && _options.SigningKeysFile is { Length: > 0 } file)
        {
            throw new StartupException($"Authentication:SigningKeysFile: '{file}' cannot be read as a JSON Web Key Set with at least one key.");
        }

        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        base.Dispose();
        _http.Dispose();
        _reading.Dispose();
        _current?.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_options.KeyRefreshInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RefreshAsync(TimeSpan.Zero);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>Reads the keys unless that was tried less than this time ago. One at a time: who waited is served by what was read meanwhile.</summary>
    private async Task RefreshAsync(TimeSpan unlessWithin)
    {
        await _reading.WaitAsync();
        try
        {
            if (_readAt is { } last && time.GetElapsedTime(last) < unlessWithin)
            {
                return;
            }

            _readAt = time.GetTimestamp();
            var read = await ReadAsync();
            if (_current is not { } current || !current.IsSameAs(read))
            {
                // The old set is left to the calls that still use it, and to the garbage collector.
                _current = read;
                LogKeys(string.Join(", ", read.Parameters.IssuerSigningKeys.Select(key => key.KeyId).Distinct()));
            }
        }
        catch (Exception error)
        {
            // Whoever was let in stays in: an issuer that is away must not be every checkout's outage.
            LogFailed(error);
        }
        finally
        {
            _reading.Release();
        }
    }

    private async Task<SigningKeySet> ReadAsync()
    {
        if (_options.SigningKeysFile is { Length: > 0 } file)
        {
            return Usable(_options.Issuer!, new JsonWebKeySet(await File.ReadAllTextAsync(file)).GetSigningKeys());
        }

        var address = _options.Authority!.TrimEnd('/') + "/.well-known/openid-configuration";
        var documents = new HttpDocumentRetriever(_http) { RequireHttps = address.StartsWith("https:", StringComparison.OrdinalIgnoreCase) };
        using var limit = new CancellationTokenSource(ReadTimeout, time);
        var discovered = await OpenIdConnectConfigurationRetriever.GetAsync(address, documents, limit.Token);
        return Usable(string.IsNullOrEmpty(_options.Issuer) ? discovered.Issuer : _options.Issuer, discovered.SigningKeys);
    }

    private SigningKeySet Usable(string issuer, ICollection<SecurityKey> keys) => keys.Count > 0 && !string.IsNullOrEmpty(issuer)
        ? new SigningKeySet(issuer, _options.Audience, keys)
        : throw new InvalidDataException("There is no signing key, or no issuer is named.");

    [LoggerMessage(LogLevel.Information, "The issuer signs with these keys: {KeyIds}.")]
    private partial void LogKeys(string keyIds);

    [LoggerMessage(LogLevel.Warning, "The issuer's signing keys could not be read; those that are known are used.")]
    private partial void LogFailed(Exception error);
}
