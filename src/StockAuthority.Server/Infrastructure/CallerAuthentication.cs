using System.Globalization;
using Microsoft.AspNetCore.Authorization;

namespace StockAuthority.Server.Infrastructure;

/// <summary>
/// Bearer tokens (RFC 6750), or where there is none the connection's client certificate, on every endpoint that does not
/// allow anonymous calls. One small middleware where the framework has two with a scheme and a policy: those cost 11 of the
/// 95 µs of a Reserve on the server's side (docs/decisions/0006). Which call a caller may make is decided by
/// <see cref="CallInterceptor"/>.
/// </summary>
internal sealed class CallerAuthentication(RequestDelegate next, TokenValidation tokens, ClientCertificates certificates, TimeProvider time)
{
    private const string Prefix = "Bearer ";
    private const int RetryAfterSeconds = 5;

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return next(context);
        }

        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return header.Length == 0 && certificates.CallerOf(context) is { } process ? GoOn(context, process) : Refuse(context, null);
        }

        var token = header[Prefix.Length..].Trim();
        if (tokens.Known(token) is { } caller)
        {
            context.Features.Set(caller);
            return next(context);
        }

        return ValidateAsync(context, token);
    }

    private async Task ValidateAsync(HttpContext context, string token)
    {
        var verdict = await tokens.ValidateAsync(token);
        await (verdict.Caller is { } caller ? GoOn(context, caller) : Refuse(context, verdict.Reason));
    }

    /// <summary>A connection outlives the certificate that it was made with.</summary>
    private Task GoOn(HttpContext context, Caller caller)
    {
        if (caller.ExpiresAt <= time.GetUtcNow())
        {
            return Refuse(context, TokenVerdict.Expired);
        }

        context.Features.Set(caller);
        return next(context);
    }

    private static Task Refuse(HttpContext context, string? reason)
    {
        AccessTelemetry.Refused(reason ?? "NO_CREDENTIALS");
        if (reason == TokenVerdict.IssuerUnavailable)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        }

        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = reason switch
        {
            null => "Bearer",
            TokenVerdict.Expired => "Bearer error=\"invalid_token\", error_description=\"The token has expired.\"",
            _ => "Bearer error=\"invalid_token\", error_description=\"The token is not valid here.\"",
        };
        return Task.CompletedTask;
    }
}
