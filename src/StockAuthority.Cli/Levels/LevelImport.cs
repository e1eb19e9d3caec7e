using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using StockAuthority.Cli.Imports;
using StockAuthority.Client;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Cli.Levels;

/// <summary>
/// Sends a file's rows, each a command of its own under its own key, so that one refused row holds up no other and that what
/// was done before a break is recognised.
/// </summary>
/// <param name="file">The rows.</param>
/// <param name="report">Where refused rows are written.</param>
/// <param name="id">Names the import; 1 to 128 characters.</param>
internal sealed class LevelImport(FileInfo file, FileInfo report, string id)
{
    public const int LongestId = 128;

    /// <summary>Rows that were sent and are not answered, by key: as many as the client sends ahead.</summary>
    private readonly ConcurrentDictionary<string, LevelRow> _sent = new(StringComparer.Ordinal);

    private LevelFile? _rows;
    private RefusedRows? _refused;

    public FileInfo File => file;

    public FileInfo Report => report;

    public string Id => id;

    /// <summary>For whoever has to run it again.</summary>
    public string HowToGoOn => $"Run it again with the same file and --import-id {id}: nothing is opened twice.";

    public long Rows => _rows?.Rows ?? 0;

    public long WithoutUnits => _rows?.WithoutUnits ?? 0;

    /// <summary>Rows that this run opened.</summary>
    public long Opened { get; private set; }

    /// <summary>Rows that an earlier run had opened.</summary>
    public long OpenedBefore { get; private set; }

    /// <summary>Null where no report was begun.</summary>
    public IReadOnlyDictionary<string, long>? RefusedByReason => _refused?.ByReason;

    /// <summary>Rows that were sent and of which it is not known what they did.</summary>
    public long Unanswered => _sent.Count;

    public TimeSpan Duration { get; private set; }

    /// <exception cref="ImportException">It cannot be begun, or there are rows without an answer.</exception>
    public async Task RunAsync(StockAuthorityClient client, Action<double> onProgress, TimeProvider time, CancellationToken cancellationToken)
    {
        Check();
        var startedAt = time.GetTimestamp();
        using var refused = new RefusedRows(report, LevelFile.Sku, LevelFile.Location, LevelFile.Quantity);
        _refused = refused;
        _rows = new LevelFile(file, refused);
        try
        {
            Unanswered? unanswered = null;
            await foreach (var outcome in client.ExecuteAsync(CommandsAsync(cancellationToken), OutcomeDetail.Brief, cancellationToken))
            {
                unanswered = Count(outcome, refused) ?? unanswered;
                onProgress(_rows.Progress);
            }

            if (unanswered is not null)
            {
                throw new ImportException(string.Create(CultureInfo.InvariantCulture, $"The server did not answer for {Unanswered:#,0} rows: {unanswered.Message.TrimEnd('.')}. {HowToGoOn}"));
            }
        }
        finally
        {
            Duration = time.GetElapsedTime(startedAt);
        }
    }

    private void Check()
    {
        if (!file.Exists)
        {
            throw new ImportException($"There is no file {file.FullName}.");
        }

        if (file.FullName == report.FullName)
        {
            throw new ImportException("--report must not be the file itself.");
        }

        if (id.Length is 0 or > LongestId)
        {
            throw new ImportException($"The file's name cannot name the import: give --import-id 1 to {LongestId} characters.");
        }
    }

    private async IAsyncEnumerable<ExecuteCommand> CommandsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in _rows!.ReadAsync(cancellationToken))
        {
            var command = row.Command(id);
            _sent[command.Adjust.IdempotencyKey] = row;
            yield return command;
        }
    }

    /// <summary>A row without an answer is still among those that were sent.</summary>
    private Unanswered? Count(CommandOutcome outcome, RefusedRows refused)
    {
        switch (outcome)
        {
            case CommandOutcome.Unknown unknown:
                return unknown.Why;
            case CommandOutcome.Done done:
                _sent.TryRemove(done.Key.Text, out _);
                (Opened, OpenedBefore) = done.IsReplay ? (Opened, OpenedBefore + 1) : (Opened + 1, OpenedBefore);
                return null;
            case CommandOutcome.Refused { Why: var why } no when _sent.TryRemove(no.Key.Text, out var row):
                refused.Add(
                    row.Line,
                    why.Reason.Length > 0 ? why.Reason : why.Code.ToString(),
                    why.Message,
                    row.Sku,
                    row.LocationId,
                    row.Quantity.ToString(CultureInfo.InvariantCulture));
                return null;
            default:
                throw new InvalidOperationException($"Not an outcome of a row: {outcome}.");
        }
    }
}
