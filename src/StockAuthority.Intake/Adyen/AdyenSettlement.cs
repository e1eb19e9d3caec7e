using System.Collections.Frozen;
using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsvHelper;
using Polly;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Intake.Inbox;
using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake.Adyen;

/// <summary>
/// Reads a settlement details report (https://docs.adyen.com/reporting/settlement-reconciliation/transaction-level/settlement-details-report):
/// a CSV, read line by line while it comes, each line with its number a row of its own in the inbox. The address that the webhook
/// gives is not signed, so the report is fetched by its signed name from where Adyen keeps the account's reports.
/// </summary>
internal static partial class AdyenSettlement
{
    public const string ReportCode = "REPORT_AVAILABLE";
    public const string LineObject = "stockauthority.settlement_line";

    private const int LinesInPart = 500;
    private const int LargestLineBytes = 64 * 1024;

    // The headers came: what follows is not under the client's own timeout.
    private static readonly TimeSpan LongestPart = TimeSpan.FromSeconds(30);

    private static readonly FrozenSet<string> Columns = new[]
    {
        "Merchant Account", "Psp Reference", "Type", "Gross Currency", "Gross Debit (GC)", "Gross Credit (GC)",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether the signed name is that of a settlement report; there are reports of many other kinds.</summary>
    public static bool IsSettlement(string name) => ReportName().IsMatch(name);

    public static async IAsyncEnumerable<FetchOutcome> FetchAsync(Uri reports, HttpClient http, AdyenAccount account, string name, InboxRow row, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var path = $"/reports/download/MerchantAccount/{Uri.EscapeDataString(account.MerchantAccount)}/{Uri.EscapeDataString(name)}";
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(reports, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{account.Reports!.User}:{account.Reports.Password}")));
        using var response = await SendAsync(http, request, cancellationToken);
        if (response is not { IsSuccessStatusCode: true })
        {
            yield return new FetchOutcome.Failed($"the report: {(response is null ? "no answer" : $"HTTP {(int)response.StatusCode}")}");
            yield break;
        }

        // A line that cannot be read fails the report: left out, it would be missing from the books.
        using var csv = CsvReader.Create(await response.Content.ReadAsStreamAsync(cancellationToken), new CsvReaderOptions
        {
            Separator = ',',
            AllowLineBreaksInQuotes = false,
            IncludeValuesInExceptions = false,
            MalformedData = CsvMalformedDataHandling.Throw,
            MaxRecordSize = LargestLineBytes,
            TrackLineNumbers = true,
        });
        var cursor = row.ReportCursor is null ? 0 : long.Parse(row.ReportCursor, CultureInfo.InvariantCulture);
        FetchOutcome part;
        do
        {
            part = await NextAsync(csv, name, cursor, cancellationToken);
            yield return part;
            cursor = part is FetchOutcome.Part { Next: { } next } ? long.Parse(next, CultureInfo.InvariantCulture) : cursor;
        }
        while (part is FetchOutcome.Part { Next: not null });
    }

    private static async Task<HttpResponseMessage?> SendAsync(HttpClient http, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is HttpRequestException or ExecutionRejectedException or OperationCanceledException or IOException)
        {
            return null;
        }
    }

    /// <param name="after">The number of the last line that is in the inbox; the header is line 1.</param>
    private static async Task<FetchOutcome> NextAsync(CsvReader csv, string name, long after, CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(LongestPart);
        try
        {
            await csv.ReadHeaderAsync(bound.Token);
            if (!Columns.All(column => csv.TryGetFieldIndex(column, out _)))
            {
                return new FetchOutcome.Failed("the report: it lacks a column of a settlement details report");
            }

            var lines = new List<PulledEvent>();
            while (lines.Count < LinesInPart)
            {
                if (!await csv.ReadAsync(bound.Token))
                {
                    return new FetchOutcome.Part(lines, null);
                }

                if (csv.LineNumber > after)
                {
                    lines.Add(Line(csv, name));
                }
            }

            return new FetchOutcome.Part(lines, csv.LineNumber.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is CsvFormatException or IOException or HttpRequestException or OperationCanceledException)
        {
            return new FetchOutcome.Failed($"the report: {failure.GetType().Name}");
        }
    }

    private static PulledEvent Line(CsvReader csv, string name)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{name}:{csv.LineNumber}");
        var line = new Dictionary<string, string?> { ["id"] = id, ["object"] = LineObject };
        foreach (var column in Columns)
        {
            line[column] = csv.GetString(csv.GetFieldIndex(column));
        }

        return new PulledEvent(id, JsonSerializer.SerializeToUtf8Bytes(line));
    }

    [GeneratedRegex("^settlement_detail_report[A-Za-z0-9_.-]{0,80}\\.csv\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ReportName();
}
