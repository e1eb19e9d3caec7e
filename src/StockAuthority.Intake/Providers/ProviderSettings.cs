using System.Collections.Frozen;

namespace StockAuthority.Intake.Providers;

/// <summary>A provider's view of the configuration: its accounts are the sections under <c>{Provider}:Accounts</c>.</summary>
internal sealed class ProviderSettings(IConfiguration configuration, List<string> missing)
{
    private const int LongestNameLength = 128;

    /// <summary>By name; the name is a part of the webhook's address and matched exactly.</summary>
    public FrozenDictionary<string, T> Accounts<T>(string section, Func<IConfigurationSection, T> read) =>
        configuration.GetSection($"{section}:Accounts").GetChildren()
            .Select(account => (Name: CheckedName(account, section), Account: read(account)))
            .ToFrozenDictionary(each => each.Name, each => each.Account, StringComparer.Ordinal);

    public string Required(IConfigurationSection account, string key)
    {
        if (account[key] is { } value && !string.IsNullOrWhiteSpace(value))
        {
            return value;
        }

        missing.Add($"{account.Path}:{key}");
        return "";
    }

    /// <summary>An address of the provider's own API: secrets go there, so nothing but loopback is spoken to in clear.</summary>
    public Uri Address(string key, Uri fallback)
    {
        if (configuration[key] is not { Length: > 0 } text)
        {
            return fallback;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
            ? address
            : throw Wrong(key, "an https address, or an http one of this machine");
    }

    public int Number(string key, int fallback, int lowest, int highest) => Number(configuration, key, fallback, lowest, highest);

    /// <exception cref="SettingsException">It is there and is not such a number.</exception>
    public static int Number(IConfiguration configuration, string key, int fallback, int lowest, int highest)
    {
        if (configuration[key] is not { } text)
        {
            return fallback;
        }

        return int.TryParse(text, out var number) && number >= lowest && number <= highest
            ? number
            : throw Wrong(key, $"a whole number from {lowest} to {highest}");
    }

    public static IReadOnlyList<string> Texts(IConfigurationSection account, string key) =>
        [.. account.GetSection(key).GetChildren().Select(child => child.Value).OfType<string>().Where(value => !string.IsNullOrWhiteSpace(value))];

    /// <summary>One or more: several secrets are valid at once while one is being rotated.</summary>
    public IReadOnlyList<string> Secrets(IConfigurationSection account, string key)
    {
        var secrets = Texts(account, key);
        if (secrets.Count == 0)
        {
            missing.Add($"{account.Path}:{key}:0");
        }

        return secrets;
    }

    /// <summary>A setting that is there and cannot be used. Its value is not repeated: it could be a secret.</summary>
    public static SettingsException Wrong(string path, string expected) =>
        new($"StockAuthority.Intake cannot start because {path} is not {expected}.");

    private static string CheckedName(IConfigurationSection account, string section) =>
        account.Key.Length <= LongestNameLength && account.Key.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.')
            ? account.Key
            : throw Wrong($"an account's name under {section}:Accounts", $"1 to {LongestNameLength} ASCII letters, digits, dashes, underscores or dots");
}
