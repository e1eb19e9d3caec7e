namespace StockAuthority.Cli.Verification;

/// <summary>What can be wrong with a ledger, causes before their consequences: the first problem that is named is of the first kind.</summary>
internal enum ProblemKind
{
    /// <summary>What a checkpoint says is not what was sealed, so it proves nothing.</summary>
    WrongCheckpoint,

    /// <summary>The journal lacks a sequence.</summary>
    MissingMovement,

    /// <summary>A movement's hash is not that of its bytes and the previous hash: it was edited, or something before it was.</summary>
    BrokenHash,

    /// <summary>A tenant's head is not where its journal ends.</summary>
    WrongHead,

    /// <summary>A movement does not fit the ones before it: its level version, what it says is available, or a balance below zero.</summary>
    WrongMovement,

    /// <summary>A level is not the sum of its movements.</summary>
    WrongLevel,

    /// <summary>Reservations hold other units than movements moved for them.</summary>
    WrongReservation,

    /// <summary>An idempotency key caused more than one command.</summary>
    RepeatedKey,

    /// <summary>A command moved stock, and what its caller was answered is not stored.</summary>
    MissingOutcome,

    /// <summary>An active reservation that no sweep will find when its time comes.</summary>
    MissingExpiry,
}
