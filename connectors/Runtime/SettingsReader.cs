using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace StockAuthority.Connectors.Runtime;

/// <summary>Reads settings and collects everything that is wrong with them, so that one start names it all.</summary>
public sealed class SettingsReader(IConfiguration configuration)
{
    private readonly List<string> _problems = [];

    /// <summary>One sentence about all that is wrong; null where nothing is.</summary>
    public string? Problem => _problems.Count == 0 ? null : $"The connector cannot start: {string.Join("; ", _problems)}.";

    /// <summary>The configuration that is read.</summary>
    public IConfiguration Configuration => configuration;

    /// <summary>A setting that may be absent; blank counts as absent.</summary>
    public string? Text(string key) => configuration[key] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    /// <summary>A setting that must be there; empty text where it is not.</summary>
    public string Required(string key)
    {
        if (Text(key) is { } value)
        {
            return value;
        }

        Wrong($"{key} is not set (environment: {InEnvironment(key)})");
        return "";
    }

    /// <summary>A setting that must be there, as it is or as a file's content: <c>Shopify:AccessToken</c>, or the file that <c>Shopify:AccessTokenFile</c> names.</summary>
    public string RequiredSecret(string key)
    {
        if (Text(key) is not null || Text(key + "File") is not { } file)
        {
            return Required(key);
        }

        try
        {
            if (File.ReadAllText(file).Trim() is { Length: > 0 } secret)
            {
                return secret;
            }

            Wrong($"{key}File is empty");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Wrong($"{key}File cannot be read: {failure.Message.TrimEnd('.')}");
        }

        return "";
    }

    /// <summary>An http or https address that must be there.</summary>
    public Uri RequiredAddress(string key)
    {
        var text = Required(key);
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps))
        {
            return address;
        }

        if (text.Length > 0)
        {
            Wrong($"{key} is not an http or https address");
        }

        return new Uri("http://127.0.0.1");
    }

    /// <summary>A whole number within bounds.</summary>
    public int Number(string key, int otherwise, int least, int most)
    {
        if (Text(key) is not { } text)
        {
            return otherwise;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Wrong(string.Create(CultureInfo.InvariantCulture, $"{key} is not a whole number from {least} to {most}"));
        return otherwise;
    }

    /// <summary>A duration such as <c>00:00:01.5</c> within bounds.</summary>
    public TimeSpan Duration(string key, TimeSpan otherwise, TimeSpan least, TimeSpan most)
    {
        if (Text(key) is not { } text)
        {
            return otherwise;
        }

        if (TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var duration) && duration >= least && duration <= most)
        {
            return duration;
        }

        Wrong($"{key} is not a duration from {least:c} to {most:c}");
        return otherwise;
    }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public bool Choice(string key, bool otherwise)
    {
        if (Text(key) is not { } text)
        {
            return otherwise;
        }

        if (bool.TryParse(text, out var choice))
        {
            return choice;
        }

        Wrong($"{key} is not true or false");
        return otherwise;
    }

    /// <summary>A share, 0 to 1.</summary>
    public double Ratio(string key, double otherwise)
    {
        if (Text(key) is not { } text)
        {
            return otherwise;
        }

        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1)
        {
            return ratio;
        }

        Wrong($"{key} is not a number from 0 to 1");
        return otherwise;
    }

    /// <summary>Notes something that only the caller can judge.</summary>
    public void Wrong(string problem) => _problems.Add(problem);

    private static string InEnvironment(string key) => key.Replace(":", "__", StringComparison.Ordinal);
}
