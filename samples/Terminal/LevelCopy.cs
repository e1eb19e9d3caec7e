using System.Text.Json;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Samples.Terminal;

/// <summary>One level of this terminal's location.</summary>
internal sealed record KnownLevel(long Available, long Version);

/// <summary>
/// The levels of one location as of a sequence, in one file that is replaced as a whole: levels and checkpoint are of one moment, whatever breaks.
/// </summary>
internal sealed class LevelCopy(string path, string location)
{
    private readonly Lock _lock = new();
    private Kept _kept = Read(path);

    private sealed record Kept(long Checkpoint, Dictionary<string, KnownLevel> Levels);

    public long Checkpoint
    {
        get
        {
            lock (_lock)
            {
                return _kept.Checkpoint;
            }
        }
    }

    /// <summary>By SKU, as of <see cref="Checkpoint"/>.</summary>
    public IReadOnlyList<(string Sku, KnownLevel Level)> Levels()
    {
        lock (_lock)
        {
            return [.. _kept.Levels.OrderBy(level => level.Key, StringComparer.Ordinal).Select(level => (level.Key, level.Value))];
        }
    }

    /// <summary>Takes the levels that changed up to a sequence; they can be newer than it, so an older version never replaces a newer one.</summary>
    public void Take(IEnumerable<StockLevel> levels, long checkpoint) =>
        Take(levels.Select(level => (level.Sku, level.LocationId, new KnownLevel(level.Available, level.Version))), checkpoint);

    public void Take(IEnumerable<(string Sku, string LocationId, KnownLevel Level)> levels, long checkpoint)
    {
        lock (_lock)
        {
            var known = new Dictionary<string, KnownLevel>(_kept.Levels, StringComparer.Ordinal);
            foreach (var (sku, _, level) in levels.Where(level => level.LocationId == location))
            {
                if (!known.TryGetValue(sku, out var older) || older.Version < level.Version)
                {
                    known[sku] = level;
                }
            }

            var kept = new Kept(Math.Max(_kept.Checkpoint, checkpoint), known);
            using (var file = new FileStream(path + ".new", FileMode.Create))
            {
                JsonSerializer.Serialize(file, kept);
                file.Flush(flushToDisk: true);
            }

            File.Move(path + ".new", path, overwrite: true);
            _kept = kept;
        }
    }

    private static Kept Read(string path) =>
        File.Exists(path) && JsonSerializer.Deserialize<Kept>(File.ReadAllBytes(path)) is { } kept ? kept : new Kept(0, []);
}
