namespace StockAuthority.Intake.Dispatch;

/// <summary>A claimed row: nobody else dispatches it until its lease ends.</summary>
/// <param name="ItemPosition">Which event of the body it is.</param>
/// <param name="ReplayCount">How many times somebody has had it dispatched again after it was finished.</param>
/// <param name="Completion">What was fetched for an event that only names its object.</param>
/// <param name="CompletionProblem">Why nothing could be fetched, once that was given up.</param>
/// <param name="ReportCursor">Where the part of its report begins that is to be fetched next.</param>
internal sealed record InboxRow(
    Guid InboxId,
    string TenantId,
    string Provider,
    string Account,
    DateTimeOffset ReceivedAt,
    byte[] Body,
    int AttemptCount,
    int ItemPosition = 0,
    int ReplayCount = 0,
    byte[]? Completion = null,
    string? CompletionProblem = null,
    string? ReportCursor = null);
