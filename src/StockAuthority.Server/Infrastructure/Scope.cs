using System.Collections.Frozen;
using Google.Rpc;

namespace StockAuthority.Server.Infrastructure;

/// <summary>
/// What a token may do, by area (OAuth 2.0 scopes, RFC 6749 section 3.3), and which call needs which. A call that is not
/// listed here is refused to everybody.
/// </summary>
internal static class Scope
{
    public const string StockRead = "stock.read";
    public const string StockWrite = "stock.write";
    public const string StockAdjust = "stock.adjust";
    public const string PaymentsApply = "payments.apply";
    public const string FeedRead = "feed.read";
    public const string OperationsRead = "operations.read";
    public const string OperationsWrite = "operations.write";
    public const string OperationsReport = "operations.report";
    public const string OperationsCatalogue = "operations.catalogue";

    /// <summary>No scope of its own: each command of a stream needs that of its own call.</summary>
    public const string OfEachCommand = "";

    public const string Inventory = "/stockauthority.inventory.v1.InventoryService/";
    private const string Catalogue = "/stockauthority.inventory.v1.CatalogueService/";
    private const string Payments = "/stockauthority.payments.v1.PaymentEventService/";
    private const string Exceptions = "/stockauthority.operations.v1.ExceptionService/";
    private const string Postings = "/stockauthority.operations.v1.PostingService/";
    private const string Feed = "/stockauthority.changefeed.v1.ChangeFeedService/";
    private const string Channels = "/stockauthority.changefeed.v1.ChannelService/";

    private static readonly FrozenDictionary<string, string> ByMethod = new Dictionary<string, string>
    {
        [Inventory + "Reserve"] = StockWrite,
        [Inventory + "ExtendReservation"] = StockWrite,
        [Inventory + "Commit"] = StockWrite,
        [Inventory + "Release"] = StockWrite,
        [Inventory + "Fulfill"] = StockWrite,
        [Inventory + "Adjust"] = StockAdjust,
        [Inventory + "Execute"] = OfEachCommand,
        [Inventory + "SetLevels"] = StockAdjust,
        [Inventory + "ReceiveReturn"] = StockAdjust,
        [Inventory + "InspectReturn"] = StockAdjust,
        [Inventory + "DispatchTransfer"] = StockWrite,
        [Inventory + "ReceiveTransfer"] = StockWrite,
        [Inventory + "GetReservation"] = StockRead,
        [Inventory + "GetTransfer"] = StockRead,
        [Inventory + "ListMovements"] = StockRead,
        [Inventory + "GetAvailability"] = StockRead,
        [Inventory + "ListReservations"] = StockRead,
        [Inventory + "ListAvailability"] = StockRead,
        [Catalogue + "PutTenant"] = OperationsCatalogue,
        [Catalogue + "GetTenant"] = OperationsRead,
        [Catalogue + "ListTenants"] = OperationsRead,
        [Catalogue + "PutLocation"] = OperationsCatalogue,
        [Catalogue + "ListLocations"] = StockRead,
        [Payments + "ApplyPaymentEvent"] = PaymentsApply,
        [Payments + "GetPayment"] = OperationsRead,
        [Payments + "TraceOrder"] = OperationsRead,
        [Payments + "ListPaymentEvents"] = OperationsRead,
        [Exceptions + "ListExceptions"] = OperationsRead,
        [Exceptions + "GetException"] = OperationsRead,
        [Exceptions + "AssignException"] = OperationsWrite,
        [Exceptions + "CommentException"] = OperationsWrite,
        [Exceptions + "ReplayExceptions"] = OperationsWrite,
        [Exceptions + "ResolveException"] = OperationsWrite,
        [Exceptions + "ReportException"] = OperationsReport,
        [Exceptions + "ReportExceptionMended"] = OperationsReport,
        [Postings + "ListPostingIntents"] = OperationsRead,
        [Postings + "AcknowledgePostingIntents"] = OperationsRead,
        [Postings + "GetPostingCheckpoint"] = OperationsRead,
        [Postings + "RecordPosting"] = OperationsReport,
        [Postings + "ListPostings"] = OperationsRead,
        [Feed + "ReadChanges"] = FeedRead,
        [Feed + "WatchChanges"] = FeedRead,
        [Feed + "AcknowledgeChanges"] = FeedRead,
        [Feed + "GetCheckpoint"] = FeedRead,
        [Channels + "RegisterChannel"] = FeedRead,
        [Channels + "AcquireChannelLease"] = FeedRead,
        [Channels + "ReportChannelHealth"] = FeedRead,
        [Channels + "CompleteChannelTask"] = FeedRead,
        [Channels + "ListLevels"] = FeedRead,
        [Channels + "GetChannel"] = FeedRead,
        [Channels + "ListChannels"] = FeedRead,
        [Channels + "ListChannelEvents"] = OperationsRead,
        [Channels + "PromoteChannel"] = OperationsWrite,
        [Channels + "PauseChannel"] = OperationsWrite,
        [Channels + "ResumeChannel"] = OperationsWrite,
        [Channels + "ReplayChannel"] = OperationsWrite,
        [Channels + "ResyncChannel"] = OperationsWrite,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Calls that another scope allows as well, for a part of what they give; the call itself keeps to that part.</summary>
    private static readonly FrozenDictionary<string, string> InPart = new Dictionary<string, string>
    {
        [Exceptions + "ListExceptions"] = OperationsReport,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every scope that a caller can have.</summary>
    public static FrozenSet<string> All { get; } = ByMethod.Values.Where(scope => scope.Length > 0).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The refusal where the caller may not make this call; null where it may.</summary>
    public static Google.Rpc.Status? Missing(Caller caller, string method)
    {
        var scope = For(method);
        return scope is OfEachCommand || (scope is not null && (caller.Scopes.Contains(scope) || (InPart.GetValueOrDefault(method) is { } part && caller.Scopes.Contains(part))))
            ? null
            : Missing(scope);
    }

    /// <summary>The refusal of a call that needs this scope.</summary>
    public static Google.Rpc.Status Missing(string? scope) =>
        Errors.Status(Code.PermissionDenied, "SCOPE_MISSING", $"This call needs a token with the scope '{scope}'.", ("scope", scope ?? ""));

    /// <summary>Null for a call that nobody may make.</summary>
    public static string? For(string method) => ByMethod.GetValueOrDefault(method);
}
