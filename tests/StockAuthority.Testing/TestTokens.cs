using StockAuthority.DevHost.Identity;

namespace StockAuthority.Testing;

/// <summary>Tokens of an issuer that this test process made for itself.</summary>
public static class TestTokens
{
    private static readonly Lazy<Task<DevelopmentIssuer>> Issuer = new(async () =>
        DevelopmentIssuer.Open(Path.Combine(await TestWorkspace.FolderAsync(), "issuer"), TimeProvider.System));

    /// <summary>The issuer, for tokens with a lifetime of one's own.</summary>
    public static Task<DevelopmentIssuer> IssuerAsync() => Issuer.Value;

    /// <summary>A token for one tenant.</summary>
    public static async Task<string> ForTenantAsync(string tenant, string subject = "test") => (await Issuer.Value).Token(subject, tenant);

    /// <summary>A token for every tenant.</summary>
    public static async Task<string> ForAllTenantsAsync(string subject = "test") => (await Issuer.Value).Token(subject, DevelopmentIssuer.AllTenants);

    /// <summary>A file with a token, as long-running processes take it.</summary>
    public static async Task<string> FileAsync(string tenant, string subject = "test")
    {
        var path = Path.Combine(await TestWorkspace.FolderAsync(), $"{Guid.NewGuid():N}.token");
        await File.WriteAllTextAsync(path, (await Issuer.Value).Token(subject, tenant));
        return path;
    }
}
