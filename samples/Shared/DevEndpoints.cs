using System.Text.Json;

namespace StockAuthority.Samples;

/// <summary>What <c>./dev up</c> says about itself. A real application has this in its configuration.</summary>
internal sealed record DevEndpoints(Uri Grpc, string Token, string Tenant)
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>From the working folder, or from the checkout that this program was built in; null where nothing runs.</summary>
    public static DevEndpoints? Find() => FindAbove(Directory.GetCurrentDirectory()) ?? FindAbove(AppContext.BaseDirectory);

    private static DevEndpoints? FindAbove(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, ".local", "dev", "endpoints.json");
            if (File.Exists(path))
            {
                return JsonSerializer.Deserialize<DevEndpoints>(File.ReadAllText(path), Format);
            }
        }

        return null;
    }
}
