using System.Globalization;
using System.Text;

namespace StockAuthority.Cli.Levels;

/// <summary>What is printed, for people and for programs.</summary>
internal static class ImportOutput
{
    public static string Text(ImportResult result)
    {
        var text = new StringBuilder();
        foreach (var (reason, count) in result.Reasons ?? new Dictionary<string, long>())
        {
            text.Append(CultureInfo.InvariantCulture, $"{reason}: {count:#,0} rows\n");
        }

        if (result.Refused > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"Refused rows, to correct and import: {result.Report}\n");
        }

        return text.Append(
            CultureInfo.InvariantCulture,
            $"{result.Status.Replace('_', ' ')}: {result.Rows:#,0} rows: {result.Opened:#,0} opened, {result.OpenedBefore:#,0} opened before, {result.WithoutUnits:#,0} without units, {result.Refused:#,0} refused, {result.Unanswered:#,0} unanswered in {result.Seconds:0.0} s")
            .ToString();
    }

    public static string Json(ImportResult result) => JsonOutput.Of(result);
}
