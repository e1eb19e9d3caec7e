using System.Globalization;

namespace StockAuthority.Testing;

/// <summary>What people set to have more of a test than every run has.</summary>
public static class TestSettings
{
    /// <summary>A whole number of the environment; null where it is not set.</summary>
    public static int? Number(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;
}
