using System.Buffers.Text;

namespace StockAuthority.Connectors.Webhook.Subscriptions;

/// <summary>
/// A subscriber's secrets from a file, one <c>whsec_</c> secret a line, the newest first. Two lines are a rotation: every message
/// is signed with each. The file is read again when it changes; one that has become unusable leaves the secrets as they were.
/// </summary>
internal sealed class SigningSecrets
{
    public const string Prefix = "whsec_";

    /// <summary>As the Standard Webhooks specification bounds them.</summary>
    private const int ShortestBytes = 24;
    private const int LongestBytes = 64;
    private const int MostSecrets = 4;

    private readonly string _file;
    private readonly Lock _lock = new();
    private IReadOnlyList<byte[]> _keys;
    private DateTime _readAtFileTime;

    private SigningSecrets(string file, IReadOnlyList<byte[]> keys, DateTime writtenAt) => (_file, _keys, _readAtFileTime) = (file, keys, writtenAt);

    /// <summary>The keys that sign now.</summary>
    public IReadOnlyList<byte[]> Current()
    {
        lock (_lock)
        {
            try
            {
                var written = File.GetLastWriteTimeUtc(_file);
                if (written != _readAtFileTime && Parse(File.ReadAllLines(_file)) is { } keys)
                {
                    (_keys, _readAtFileTime) = (keys, written);
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // In the middle of being replaced; the next message looks again.
            }

            return _keys;
        }
    }

    /// <summary>Null where the file cannot be read or has something other than 1 to 4 secrets.</summary>
    public static SigningSecrets? Open(string file)
    {
        try
        {
            var written = File.GetLastWriteTimeUtc(file);
            return Parse(File.ReadAllLines(file)) is { } keys ? new SigningSecrets(file, keys, written) : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static List<byte[]>? Parse(IEnumerable<string> lines)
    {
        var keys = new List<byte[]>();
        foreach (var line in lines.Select(line => line.Trim()).Where(line => line.Length > 0))
        {
            if (!line.StartsWith(Prefix, StringComparison.Ordinal) || !Base64.IsValid(line.AsSpan(Prefix.Length), out var length) || length is < ShortestBytes or > LongestBytes)
            {
                return null;
            }

            keys.Add(Convert.FromBase64String(line[Prefix.Length..]));
        }

        return keys.Count is 0 or > MostSecrets ? null : keys;
    }
}
