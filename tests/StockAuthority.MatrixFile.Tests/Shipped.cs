namespace StockAuthority.MatrixFile.Tests;

/// <summary>The files of config/.</summary>
internal static class Shipped
{
    public const string Standard = "trigger-matrix.yaml";
    public const string ReserveOnAuthorization = "presets/reserve-on-authorization.yaml";
    public const string DeductAtSettlement = "presets/deduct-at-settlement.yaml";

    public static string Text(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "config", file));

    /// <summary>A preset without its signatures, and with more after it.</summary>
    public static string With(string more)
    {
        var text = Text(ReserveOnAuthorization);
        return text[..text.IndexOf("sign_off:", StringComparison.Ordinal)] + more;
    }
}
