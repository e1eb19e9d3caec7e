using System.Globalization;
using System.Text;
using System.Text.Json;

namespace StockAuthority.Bench;

/// <summary>What was measured and whether the data was right afterwards.</summary>
internal sealed class BenchReport
{
    private readonly Dictionary<string, double> _figures = [];
    private readonly Dictionary<string, double> _ratios = [];

    /// <summary>What the verification found wrong; empty on a good run.</summary>
    public List<string> Problems { get; } = [];

    public void Figure(string name, double value) => _figures[name] = Math.Round(value, 3);

    /// <summary>Null where it was not measured in this run.</summary>
    public double? FigureOf(string name) => _figures.TryGetValue(name, out var value) ? value : null;

    public void Loop(string name, LoopResult result)
    {
        Figure(name + "_per_second", result.PerSecond);
        if (result.P50Milliseconds > 0)
        {
            Figure(name + "_p50_ms", result.P50Milliseconds);
        }

        if (result.P99Milliseconds > 0)
        {
            Figure(name + "_p99_ms", result.P99Milliseconds);
        }

        if (result.Failures > 0)
        {
            Problems.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: {result.Failures} of {result.Calls} calls were not applied."));
        }
    }

    /// <summary>Left out where one of the two was not measured in this run.</summary>
    public void Ratio(string name, string numerator, string denominator)
    {
        if (FigureOf(numerator) is { } above && FigureOf(denominator) is { } below)
        {
            _ratios[name] = Math.Round(above / below, 3);
        }
    }

    public string ToJson() => JsonSerializer.Serialize(
        new Dictionary<string, object> { ["figures"] = _figures, ["ratios"] = _ratios, ["problems"] = Problems });

    public string ToTable()
    {
        var text = new StringBuilder("\n");
        foreach (var (name, value) in _figures.Concat(_ratios.Select(ratio => KeyValuePair.Create("ratio " + ratio.Key, ratio.Value))))
        {
            text.Append(CultureInfo.InvariantCulture, $"{name,-40}{value,14:#,0.###}\n");
        }

        return text.Append(Problems.Count == 0
            ? "verified: balances equal the sum of movements, sequence gapless, chain intact, each key once"
            : string.Join('\n', Problems)).ToString();
    }
}
