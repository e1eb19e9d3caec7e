using System.Text;
using System.Text.Json;

namespace StockAuthority.Samples.Terminal;

/// <summary>
/// Sales and their answers in one file that only grows, a line each, on disk before anybody is told. After a crash the last line may be torn: it was never
/// confirmed, and is cut off.
/// </summary>
internal sealed class SaleJournal : IDisposable
{
    private readonly Lock _lock = new();
    private readonly FileStream _file;
    private readonly Dictionary<string, Sale> _unanswered = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Sale Sale, long Sequence)> _booked = new(StringComparer.Ordinal);
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SaleJournal(FileStream file) => _file = file;

    /// <summary>Completes with the next sale.</summary>
    public Task News
    {
        get
        {
            lock (_lock)
            {
                return _news.Task;
            }
        }
    }

    public static SaleJournal Open(string path)
    {
        // Nobody else may write to it: two terminals with one journal would send each other's sales.
        var journal = new SaleJournal(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
        journal.Read();
        return journal;
    }

    /// <summary>Returns once the sale cannot be lost any more.</summary>
    public void Add(Sale sale)
    {
        lock (_lock)
        {
            Write(new JournalLine(sale, null));
            _unanswered.Add(sale.Key, sale);
            var news = _news;
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            news.SetResult();
        }
    }

    public void Add(Answer answer)
    {
        lock (_lock)
        {
            Write(new JournalLine(null, answer));
            Apply(answer);
        }
    }

    /// <summary>In the order in which they were rung up.</summary>
    public IReadOnlyList<Sale> Unanswered()
    {
        lock (_lock)
        {
            return [.. _unanswered.Values.OrderBy(sale => sale.OccurredAt)];
        }
    }

    /// <summary>Units that were sold and that levels as of this sequence do not have yet.</summary>
    public long NotIn(long sequence, string sku)
    {
        lock (_lock)
        {
            foreach (var key in _booked.Where(each => each.Value.Sequence <= sequence).Select(each => each.Key).ToList())
            {
                _booked.Remove(key);
            }

            return _unanswered.Values.Where(sale => sale.Sku == sku).Sum(sale => sale.Quantity)
                + _booked.Values.Where(each => each.Sale.Sku == sku).Sum(each => each.Sale.Quantity);
        }
    }

    public void Dispose() => _file.Dispose();

    private void Read()
    {
        var bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);
        var end = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        _file.SetLength(end);
        _file.Position = end;
        foreach (var line in Encoding.UTF8.GetString(bytes, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (JsonSerializer.Deserialize<JournalLine>(line))
            {
                case { Sale: { } sale }:
                    _unanswered.Add(sale.Key, sale);
                    break;
                case { Answer: { } answer }:
                    Apply(answer);
                    break;
                default:
                    throw new InvalidDataException("The journal has a line that is neither a sale nor an answer.");
            }
        }
    }

    private void Apply(Answer answer)
    {
        if (_unanswered.Remove(answer.Key, out var sale) && answer.Refusal is null)
        {
            _booked[answer.Key] = (sale, answer.Sequence);
        }
    }

    private void Write(JournalLine line)
    {
        _file.Write(JsonSerializer.SerializeToUtf8Bytes(line));
        _file.WriteByte((byte)'\n');
        _file.Flush(flushToDisk: true);
    }
}
