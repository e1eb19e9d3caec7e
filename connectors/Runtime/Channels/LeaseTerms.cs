namespace StockAuthority.Connectors.Runtime.Channels;

/// <summary>Work that is done only while this instance has the lease.</summary>
internal static class LeaseTerms
{
    /// <summary>Does the work once for each term, from its beginning; between two terms this instance stands by.</summary>
    /// <param name="link">Has the lease.</param>
    /// <param name="work">One term. What it is given is cancelled when the lease is lost.</param>
    /// <param name="stopping">Ends it.</param>
    public static async Task RunAsync(ChannelLink link, Func<CancellationTokenSource, Task> work, CancellationToken stopping)
    {
        while (true)
        {
            await link.HeldAsync(stopping);
            using var term = CancellationTokenSource.CreateLinkedTokenSource(stopping, link.Term);
            try
            {
                await work(term);
            }
            catch (Exception) when (term.IsCancellationRequested && !stopping.IsCancellationRequested)
            {
                // Another instance works now, or may: what was begun is its matter.
            }
        }
    }

    /// <summary>Side by side; the first that ends cancels the others, and how it ended is how all do.</summary>
    public static async Task FirstEndsAllAsync(CancellationTokenSource ending, params Task[] parts)
    {
        var first = await Task.WhenAny(parts);
        await ending.CancelAsync();
        try
        {
            await first;
        }
        finally
        {
            // Nothing of this goes on beside what comes next.
            await Task.WhenAll(parts).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        await Task.WhenAll(parts);
    }
}
