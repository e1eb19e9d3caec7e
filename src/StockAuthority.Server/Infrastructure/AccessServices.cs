using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Server.Infrastructure;

internal static class AccessServices
{
    /// <summary>Adds who may call, and how much: tokens, client certificates, rate limits.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddOptions<TokenOptions>().BindConfiguration("Authentication").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<SigningKeys>();
        services.AddHostedService(provider => provider.GetRequiredService<SigningKeys>());
        services.AddHealthChecks().AddCheck<SigningKeys>("signing-keys");
        services.AddSingleton<TokenValidation>();

        services.AddOptions<ClientCertificateOptions>().BindConfiguration("Authentication:ClientCertificates").ValidateOnStart();
        services.AddSingleton<ClientCertificates>();
        services.AddOptions<KestrelServerOptions>()
            .Configure<ClientCertificates>((kestrel, certificates) => kestrel.ConfigureHttpsDefaults(certificates.Configure));

        services.AddOptions<RateLimitOptions>().BindConfiguration("RateLimit").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<TenantRateLimits>();
        services.AddSingleton<Admission>();
        return services;
    }

    /// <summary>Before anything is listened to or migrated.</summary>
    /// <exception cref="StartupException">Who may call is not configured, or not as it must be here; or the server would listen where it must not.</exception>
    public static void CheckAccess(this WebApplication app)
    {
        var tokens = app.Services.GetRequiredService<IOptions<TokenOptions>>().Value;
        tokens.Check(app.Environment);
        app.Services.GetRequiredService<ClientCertificates>();
        if (Listeners.PlainTextProblem(app.Configuration, app.Environment) is { } problem)
        {
            throw new StartupException(problem);
        }

        if (tokens.Issuer == TokenOptions.DevelopmentIssuer && Listeners.BeyondLoopback(app.Configuration).FirstOrDefault() is { } address)
        {
            throw new StartupException($"DEVELOPMENT_ISSUER: a server that accepts '{TokenOptions.DevelopmentIssuer}' listens on loopback only, not on {address}.");
        }
    }
}
