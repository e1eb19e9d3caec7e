using System.Runtime.InteropServices;

namespace StockAuthority.Cli.Verification;

/// <summary>
/// Sorts any number of entries in bounded memory: full buffers are sorted and go to a temporary file, and are merged in the
/// end. A set of every key ever used would grow with the journal.
/// </summary>
internal sealed class SortedKeys(int entriesInMemory) : IDisposable
{
    /// <summary>Of each sorted stretch of the file while they are merged.</summary>
    private const int EntriesPerRead = 2_048;

    private readonly List<KeyEntry> _buffer = [];
    private readonly List<(long Offset, int Count)> _stretches = [];
    private FileStream? _file;

    public void Add(KeyEntry entry)
    {
        _buffer.Add(entry);
        if (_buffer.Count == entriesInMemory)
        {
            Spill();
        }
    }

    /// <summary>Everything that was added, in order. Once.</summary>
    public IEnumerable<KeyEntry> Sorted()
    {
        if (_file is null)
        {
            _buffer.Sort();
            return _buffer;
        }

        Spill();
        return Merged();
    }

    public void Dispose() => _file?.Dispose();

    private void Spill()
    {
        if (_buffer.Count == 0)
        {
            return;
        }

        _file ??= new FileStream(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
            new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose });
        _buffer.Sort();
        _stretches.Add((_file.Position, _buffer.Count));
        _file.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_buffer)));
        _buffer.Clear();
    }

    private IEnumerable<KeyEntry> Merged()
    {
        var next = new PriorityQueue<IEnumerator<KeyEntry>, KeyEntry>();
        foreach (var (offset, count) in _stretches)
        {
            var stretch = Read(offset, count).GetEnumerator();
            stretch.MoveNext();
            next.Enqueue(stretch, stretch.Current);
        }

        while (next.TryPeek(out var stretch, out var entry))
        {
            yield return entry;
            if (stretch.MoveNext())
            {
                next.DequeueEnqueue(stretch, stretch.Current);
            }
            else
            {
                next.Dequeue().Dispose();
            }
        }
    }

    private IEnumerable<KeyEntry> Read(long offset, int count)
    {
        var page = new KeyEntry[Math.Min(EntriesPerRead, count)];
        while (count > 0)
        {
            var entries = Math.Min(page.Length, count);
            _file!.Position = offset;
            _file.ReadExactly(MemoryMarshal.AsBytes(page.AsSpan(0, entries)));
            offset = _file.Position;
            count -= entries;
            for (var index = 0; index < entries; index++)
            {
                yield return page[index];
            }
        }
    }
}
