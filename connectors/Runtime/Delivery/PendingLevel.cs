namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>A level that the channel must still be told.</summary>
/// <param name="Change">The latest level.</param>
/// <param name="FirstSequence">The oldest movement that it stands for; nothing from there on may be acknowledged.</param>
/// <param name="FirstRecordTime">When that movement was recorded.</param>
internal sealed record PendingLevel(LevelChange Change, long FirstSequence, DateTimeOffset FirstRecordTime)
{
    /// <summary>Stands for no movement: it is delivered again.</summary>
    public bool IsRepair => FirstSequence == long.MaxValue;

    public PendingLevel With(LevelChange newer) => newer.Version > Change.Version ? this with { Change = newer } : this;

    /// <summary>Takes over what an older, undelivered level stood for.</summary>
    public PendingLevel After(PendingLevel older) =>
        older.With(Change) with
        {
            FirstSequence = Math.Min(FirstSequence, older.FirstSequence),
            FirstRecordTime = FirstRecordTime < older.FirstRecordTime ? FirstRecordTime : older.FirstRecordTime,
        };
}
