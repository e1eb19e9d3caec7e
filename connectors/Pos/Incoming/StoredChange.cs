namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>A change that is this process's to book until its lease ends.</summary>
/// <param name="RetryCount">Tries after a refusal.</param>
/// <param name="DoneCount">Its commands that are done already.</param>
/// <param name="IsCounted">A later count of the same item at the same place is booked, which this is in.</param>
internal sealed record StoredChange(TillChange Change, byte[] Body, int AttemptCount, int RetryCount, int DoneCount, bool IsCounted);
