namespace StockAuthority.Core.Exceptions;

/// <summary>What is wrong. The numbers are the contract's and are stored; never reuse one. From 20 on channels report them.</summary>
public enum ExceptionKind : short
{
    MissingContext = 1,
    UnknownLocation = 2,
    PaidNotAvailable = 3,
    AuthorizedNotAvailable = 4,
    PaidAfterRelease = 5,
    PartialCaptureWithoutLines = 6,
    CaptureReversed = 7,
    ReversalAfterFulfilment = 8,
    StaleReversal = 9,
    Chargeback = 10,
    RefundReview = 11,
    Contradiction = 12,
    UnreadableEvent = 13,
    MatrixReview = 14,
    Shortfall = 15,
    LevelRefused = 20,
    Drift = 21,
    RolloutCheckpointFailed = 22,
    PostingRefused = 23,
    DeliveryFailed = 24,
    ChannelChangeRefused = 25,
}
