namespace StockAuthority.Connectors.Runtime;

/// <summary>The access token of a channel's interface: kept until a little before it ends, and asked for by one caller at a time.</summary>
public abstract class AccessTokens(TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);
    private readonly SemaphoreSlim _renewal = new(1, 1);
    private string? _token;
    private DateTimeOffset _renewAt;

    /// <summary>By which they end.</summary>
    protected TimeProvider Clock => clock;

    /// <summary>One that is good. What <see cref="RenewAsync"/> throws where there is none to be had.</summary>
    public async Task<string> CurrentAsync(CancellationToken cancellationToken)
    {
        await _renewal.WaitAsync(cancellationToken);
        try
        {
            if (_token is null || clock.GetUtcNow() >= _renewAt)
            {
                (_token, var lifetime) = await RenewAsync(cancellationToken);
                _renewAt = clock.GetUtcNow() + (lifetime > 2 * Margin ? lifetime - Margin : lifetime / 2);
            }

            return _token;
        }
        finally
        {
            _renewal.Release();
        }
    }

    /// <summary>It was refused before its time: the next call asks for another one.</summary>
    public void Forget() => _renewAt = DateTimeOffset.MinValue;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Called once it is not needed any more.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _renewal.Dispose();
        }
    }

    /// <summary>Asks for a new one.</summary>
    protected abstract Task<(string Token, TimeSpan Lifetime)> RenewAsync(CancellationToken cancellationToken);
}
