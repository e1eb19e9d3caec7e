using System.Text.Json;
using System.Text.Json.Serialization;

namespace StockAuthority.DevHost.Processes;

/// <summary>
/// A file that names the processes that are running for us, so that whoever comes after a killed run can end what it
/// left behind, and nothing else.
/// </summary>
public sealed class ProcessRecord
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private static readonly TimeSpan OrphanGrace = TimeSpan.FromSeconds(10);

    private readonly string _path;
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];

    /// <summary>Starts an empty record.</summary>
    public ProcessRecord(string path)
    {
        _path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Write();
    }

    private sealed record Entry(string Name, int ProcessId, string Started, int EndSignal)
    {
        [JsonIgnore]
        public ProcessIdentity Identity => new(ProcessId, Started);
    }

    /// <summary>Notes a process, in the order of starting.</summary>
    public void Add(string name, ProcessIdentity process) => Add(name, process, Unix.Terminate);

    /// <summary>Notes a process to which another signal than SIGTERM means to end now.</summary>
    internal void Add(string name, ProcessIdentity process, int endSignal)
    {
        lock (_lock)
        {
            _entries.Add(new Entry(name, process.ProcessId, process.Started, endSignal));
            Write();
        }
    }

    /// <summary>Forgets a process that has ended.</summary>
    public void Remove(ProcessIdentity process)
    {
        lock (_lock)
        {
            _entries.RemoveAll(entry => entry.Identity == process);
            Write();
        }
    }

    /// <summary>Ends what a record still names and what still runs, last started first. Answers their names.</summary>
    public static async Task<IReadOnlyList<string>> EndRecordedAsync(string path)
    {
        var ended = new List<string>();
        foreach (var entry in Enumerable.Reverse(Read(path)).Where(entry => entry.Identity.IsRunning))
        {
            await entry.Identity.EndAsync(entry.EndSignal, OrphanGrace);
            ended.Add(entry.Name);
        }

        return ended;
    }

    /// <summary>The process that a record names, where it still runs.</summary>
    public static ProcessIdentity? Running(string path, string name) =>
        Read(path).Where(entry => entry.Name == name).Select(entry => entry.Identity).FirstOrDefault(process => process.IsRunning);

    private static List<Entry> Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<List<Entry>>(File.ReadAllText(path), Format) ?? [] : [];
        }
        catch (JsonException)
        {
            // Somebody edited it; then we know of nothing that we may end.
            return [];
        }
    }

    private void Write() => PrivateFile.Write(_path, JsonSerializer.Serialize(_entries, Format));
}
