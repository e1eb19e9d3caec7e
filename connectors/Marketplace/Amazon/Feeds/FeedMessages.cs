using System.Text.Json.Serialization;

namespace StockAuthority.Connectors.Marketplace.Amazon.Feeds;

/// <summary>Of a JSON_LISTINGS_FEED document (listings-feed-schema-v2), as FeedMessage.</summary>
internal sealed record FeedHeader(string SellerId, string Version, FeedReport Report);

/// <param name="IncludedData">With any, the report is made when the feed is worked off, and has what the listings show; without, when it was only taken in.</param>
internal sealed record FeedReport(IReadOnlyList<string> IncludedData, string ApiVersion);

internal sealed record FeedMessage(int MessageId, string Sku, string OperationType, string ProductType, IReadOnlyList<PatchOperation> Patches);

internal sealed record CreateFeedDocument(string ContentType);

internal sealed record CreateFeed(string FeedType, IReadOnlyList<string> MarketplaceIds, string InputFeedDocumentId);

/// <summary>Answers of createFeedDocument, createFeed, getFeed, getFeeds and getFeedDocument, or an ErrorList, as far as they are read.</summary>
internal sealed record FeedAnswer(
    string? FeedDocumentId, string? Url, string? CompressionAlgorithm, string? FeedId, string? ProcessingStatus, string? ResultFeedDocumentId,
    IReadOnlyList<FeedAnswer>? Feeds, string? NextToken, IReadOnlyList<ListingIssue>? Errors);

/// <summary>What became of a feed (listings-feed-processing-report-schema-v2), as far as it is read.</summary>
internal sealed record ProcessingReport(ReportHeader? Header, IReadOnlyList<ReportIssue>? Issues, ReportSummary? Summary, IReadOnlyList<ReportItem>? Items);

internal sealed record ReportHeader(string? FeedId);

internal sealed record ReportIssue(int? MessageId, string? Code, string? Severity, string? Message, string? AttributeName, IReadOnlyList<string>? AttributeNames);

internal sealed record ReportSummary(int? MessagesProcessed, int? MessagesAccepted, int? MessagesInvalid);

internal sealed record ReportItem(string? Sku, IReadOnlyList<FulfillmentAvailability>? FulfillmentAvailability);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FeedHeader))]
[JsonSerializable(typeof(FeedMessage))]
[JsonSerializable(typeof(CreateFeedDocument))]
[JsonSerializable(typeof(CreateFeed))]
[JsonSerializable(typeof(FeedAnswer))]
[JsonSerializable(typeof(ProcessingReport))]
internal sealed partial class FeedsJson : JsonSerializerContext;
