using System.Globalization;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>One thing that is booked once.</summary>
/// <param name="Origin">What it is known by, here and there.</param>
public abstract record JournalEntry(string Origin)
{
    /// <summary>When the authority recorded it.</summary>
    public DateTimeOffset RecordedAt => this switch
    {
        Goods { Movement.RecordTime: { } time } => time.ToDateTimeOffset(),
        Ledger { Intent.RecordTime: { } time } => time.ToDateTimeOffset(),
        _ => DateTimeOffset.MaxValue,
    };

    /// <summary>Units moved.</summary>
    public sealed record Goods(Movement Movement) : JournalEntry(string.Create(CultureInfo.InvariantCulture, $"movement/{Movement.Sequence}"));

    /// <summary>What a payment calls for.</summary>
    public sealed record Ledger(PostingIntent Intent) : JournalEntry(Intent.Origin);
}

/// <summary>What an entry was booked as.</summary>
/// <param name="DocumentId">The channel's own id of it.</param>
/// <param name="PostedAt">When, by the channel.</param>
public sealed record PostedDocument(string DocumentId, DateTimeOffset PostedAt);
