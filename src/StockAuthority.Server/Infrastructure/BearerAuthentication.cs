using Microsoft.AspNetCore.Authorization;

namespace StockAuthority.Server.Infrastructure;

/// <summary>
/// Bearer tokens (RFC 6750) on every endpoint that does not allow anonymous calls. One small middleware where the framework
/// has two with a scheme and a policy: those cost 11 of the 95 µs of a Reserve on the server's side
/// (docs/decisions/0006). Which call a token may make is decided by <see cref="CallInterceptor"/>.
/// </summary>
internal sealed class BearerAuthentication(RequestDelegate next, TokenValidation tokens)
{
    private const string Prefix = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return next(context);
        }

        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return Challenge(context, null);
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
        var (caller, problem) = await tokens.ValidateAsync(token);
        if (caller is null)
        {
            await Challenge(context, problem);
            return;
        }

        context.Features.Set(caller);
        await next(context);
    }

    private static Task Challenge(HttpContext context, string? problem)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = problem is null ? "Bearer" : $"Bearer error=\"invalid_token\", error_description=\"{problem}\"";
        return Task.CompletedTask;
    }
}
