using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace StockAuthority.DevHost.Identity;

/// <summary>An issuer's public side, as servers look it up: OpenID Connect Discovery 1.0, section 4, and its JSON Web Key Set.</summary>
public static class IssuerEndpoints
{
    private const string KeysPath = "/.well-known/jwks.json";

    /// <summary>Maps both. Whoever maps them must listen on 127.0.0.1 only.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="keySet">The key set of the moment.</param>
    public static void MapIssuer(this IEndpointRouteBuilder routes, Func<string> keySet)
    {
        routes.MapGet("/.well-known/openid-configuration", context => context.Response.WriteAsJsonAsync(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["issuer"] = DevelopmentIssuer.Issuer,
            ["jwks_uri"] = $"{context.Request.Scheme}://{context.Request.Host}{KeysPath}",
            ["response_types_supported"] = (string[])["token"],
            ["subject_types_supported"] = (string[])["public"],
            ["id_token_signing_alg_values_supported"] = (string[])["ES256"],
        }));
        routes.MapGet(KeysPath, context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(keySet());
        });
    }
}
