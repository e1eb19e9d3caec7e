namespace StockAuthority.Client;

internal sealed class BearerTokens(StockAuthorityClientOptions options)
{
    private readonly Lock _lock = new();
    private string? _token = options.Token;
    private DateTime _readAtFileTime;

    public ValueTask<string?> CurrentAsync(CancellationToken cancellationToken) =>
        options.TokenProvider is { } provider ? provider(cancellationToken) : ValueTask.FromResult(Current());

    private string? Current()
    {
        if (options.TokenFile is not { } path)
        {
            return _token;
        }

        var written = File.GetLastWriteTimeUtc(path);
        lock (_lock)
        {
            if (written != _readAtFileTime)
            {
                _token = File.ReadAllText(path).Trim();
                _readAtFileTime = written;
            }

            return _token;
        }
    }
}
