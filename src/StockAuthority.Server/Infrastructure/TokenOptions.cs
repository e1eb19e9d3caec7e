using System.ComponentModel.DataAnnotations;

namespace StockAuthority.Server.Infrastructure;

/// <summary>Whose tokens are accepted; section <c>Authentication</c>.</summary>
internal sealed class TokenOptions
{
    /// <summary>The issuer of <c>./dev up</c>, which hands out tokens to whoever can read its folder.</summary>
    public const string DevelopmentIssuer = "stockauthority-dev";

    /// <summary>An OIDC issuer; its signing keys are discovered and follow its rotation. Give this or <see cref="SigningKeysFile"/>.</summary>
    public string? Authority { get; set; }

    /// <summary>A JSON Web Key Set on disk, for issuers without discovery. It is read again like an issuer's.</summary>
    public string? SigningKeysFile { get; set; }

    /// <summary>The issuer that tokens must name; the discovered one by default.</summary>
    public string? Issuer { get; set; }

    public string Audience { get; set; } = "stockauthority";

    /// <summary>How often the keys are read again: a key that the issuer withdrew is accepted for this long at most.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan KeyRefreshInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A token with a key that is not known has the keys read at once, but not more often than this.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan UnknownKeyInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <exception cref="StartupException">It names no issuer, or one that must not be trusted here.</exception>
    public void Check(IHostEnvironment environment)
    {
        if (string.IsNullOrEmpty(Authority) == string.IsNullOrEmpty(SigningKeysFile))
        {
            throw new StartupException("Set one of Authentication:Authority, an OIDC issuer, and Authentication:SigningKeysFile, a JSON Web Key Set.");
        }

        if (!string.IsNullOrEmpty(SigningKeysFile) && string.IsNullOrEmpty(Issuer))
        {
            throw new StartupException("Set Authentication:Issuer to the issuer that tokens name: Authentication:SigningKeysFile does not say it.");
        }

        if (string.IsNullOrEmpty(Audience))
        {
            throw new StartupException("Set Authentication:Audience to the audience that tokens name.");
        }

        if (environment.IsProduction() && Issuer == DevelopmentIssuer)
        {
            throw new StartupException($"DEVELOPMENT_ISSUER: Authentication:Issuer is '{DevelopmentIssuer}', which is not accepted in production. Name your own issuer.");
        }

        if (!string.IsNullOrEmpty(Authority))
        {
            CheckAuthority(environment);
        }
    }

    private void CheckAuthority(IHostEnvironment environment)
    {
        if (!Uri.TryCreate(Authority, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp))
        {
            throw new StartupException("Authentication:Authority is not an https address.");
        }

        if (address.Scheme == Uri.UriSchemeHttp && (environment.IsProduction() || !address.IsLoopback))
        {
            throw new StartupException("INSECURE_AUTHORITY: Authentication:Authority must be an https address; http is for a development issuer on this machine.");
        }
    }
}
