using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace StockAuthority.Testing;

/// <summary>Gives a program its settings and notes which of them it reads: one that nobody reads is misspelt or not a setting.</summary>
public static class RecordedSettings
{
    /// <summary>Settings that the program did not read; throws where it cannot start with them.</summary>
    /// <param name="environment">As environment variables name them.</param>
    /// <param name="configure">The program's own reading of its settings; a sentence where they are not usable.</param>
    public static IReadOnlyList<string> Unread(IReadOnlyDictionary<string, string> environment, Func<WebApplicationBuilder, string?> configure)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(configure);
        var source = new Source(environment.ToDictionary(each => each.Key.Replace("__", ":", StringComparison.Ordinal), each => (string?)each.Value, StringComparer.OrdinalIgnoreCase));
        var builder = WebApplication.CreateBuilder();
        ((IConfigurationBuilder)builder.Configuration).Add(source);

        // What the framework reads of its own accord does not count.
        source.Read.Clear();
        return configure(builder) is { } problem
            ? throw new InvalidOperationException(problem)
            : [.. source.Settings.Keys.Where(key => !source.Read.Contains(key)).Order(StringComparer.Ordinal)];
    }

    private sealed class Source(Dictionary<string, string?> settings) : ConfigurationProvider, IConfigurationSource
    {
        public IReadOnlyDictionary<string, string?> Settings => settings;

        public HashSet<string> Read { get; } = new(StringComparer.OrdinalIgnoreCase);

        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public override void Load() => Data = settings;

        public override bool TryGet(string key, out string? value)
        {
            Read.Add(key);
            return base.TryGet(key, out value);
        }
    }
}
