namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>
/// A channel that books every movement and every ledger action, each exactly once. What makes it so is the origin: a channel can
/// find what it booked under one, however uncertain the answer to the booking was.
/// </summary>
public interface IJournalChannel
{
    /// <summary>What people call it, and under which name its postings are recorded, for example <c>tryton</c>.</summary>
    string Name { get; }

    /// <summary>The most entries that one call may have.</summary>
    int MaxEntriesPerPost { get; }

    /// <summary>Whether an entry changes anything there: a promise, for one, moves no goods.</summary>
    bool Concerns(JournalEntry entry);

    /// <summary>Looks whether what it is configured with exists there. Throws while it cannot be asked.</summary>
    /// <returns>Everything that is wrong; empty where nothing is.</returns>
    Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken);

    /// <summary>What is booked of these, by origin. What an earlier attempt began is completed by this, or is not in the answer.</summary>
    Task<IReadOnlyDictionary<string, PostedDocument>> FindAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellationToken);

    /// <summary>Books them, in their order. An exception means that it is not known whether anything was booked.</summary>
    Task<PostResult> PostAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellationToken);
}
