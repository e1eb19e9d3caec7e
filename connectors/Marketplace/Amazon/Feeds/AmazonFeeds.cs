using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Amazon.Feeds;

/// <summary>
/// Amazon's Feeds API (2021-06-30) with JSON_LISTINGS_FEED: a document is uploaded to an address of its own, a feed made of it, looked at until it has ended, and its
/// processing report downloaded. Usage plans: createFeedDocument 0.5 a second, createFeed five in five minutes for this feed type, getFeed 2 a second, getFeeds and
/// getFeedDocument 0.0222 a second after ten.
/// </summary>
internal sealed class AmazonFeeds(HttpClient http, AmazonTokens tokens, AmazonDocuments documents, AmazonOptions amazon, TimeProvider clock)
{
    private const string FeedType = "JSON_LISTINGS_FEED";
    private const string ContentType = "application/json; charset=UTF-8";
    private const int FeedsPerPage = 100;

    /// <summary>No operation's answer is anywhere near it.</summary>
    private const int MostPages = 20;

    /// <summary>25,000 listings and as many issues.</summary>
    private const int ReportSizeBytes = 64 * 1024 * 1024;

    public async Task<BulkAnswer<BulkUpload>> UploadAsync(IReadOnlyList<LevelChange> changes, CancellationToken cancellationToken)
    {
        var document = FeedDocument.Of(changes, amazon);
        if (document.Included.Count == 0)
        {
            return new(new BulkUpload(null, [], document.Refused), null);
        }

        var (created, failure) = await AskAsync(HttpMethod.Post, "documents", Body(new CreateFeedDocument(ContentType), FeedsJson.Default.CreateFeedDocument), cancellationToken);
        if (created is not { FeedDocumentId: { } documentId, Url: { } url })
        {
            return new(null, failure ?? new PushResult.Unavailable("NO_DOCUMENT", null));
        }

        // The address is presigned for this content type: it takes no token, and a token has no business there.
        using var content = new ByteArrayContent(document.Json);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(ContentType);
        using var response = await http.PutAsync(new Uri(url), content, cancellationToken);
        return response.IsSuccessStatusCode
            ? new(new BulkUpload(documentId, document.Included, document.Refused), null)
            : new(null, new PushResult.Unavailable(string.Create(CultureInfo.InvariantCulture, $"UPLOAD_{(int)response.StatusCode}"), null));
    }

    public async Task<BulkAnswer<BulkJob>> StartAsync(string document, CancellationToken cancellationToken)
    {
        var (created, failure) = await AskAsync(HttpMethod.Post, "feeds", Body(new CreateFeed(FeedType, [amazon.MarketplaceId], document), FeedsJson.Default.CreateFeed), cancellationToken);
        return created?.FeedId is { } feedId ? new(new BulkJob(feedId), null) : new(null, failure ?? new PushResult.Unavailable("NO_FEED", null));
    }

    public async Task<BulkAnswer<BulkProgress>> LookAsync(string feedId, IReadOnlyList<LevelChange> changes, CancellationToken cancellationToken)
    {
        var (feed, failure) = await AskAsync(HttpMethod.Get, "feeds/" + Uri.EscapeDataString(feedId), null, cancellationToken);
        switch (feed?.ProcessingStatus)
        {
            case "IN_QUEUE" or "IN_PROGRESS":
                return new(new BulkProgress.UnderWay(), null);
            case "DONE" when changes.Count == 0:
                return new(new BulkProgress.Ended(new Dictionary<int, Refusal>(), []), null);
            case "DONE" when feed.ResultFeedDocumentId is { } documentId:
                return await ReportAsync(feedId, documentId, changes, cancellationToken);
            case "DONE":
                return new(FeedOutcome.Of(null, feedId, changes, amazon), null);
            case "CANCELLED" or "FATAL":
                return new(FeedOutcome.NotBelieved(feedId, "FEED_" + feed.ProcessingStatus, $"Amazon ended the feed as {feed.ProcessingStatus}."), null);
            default:
                // Feeds are kept for 90 days, and one that Amazon does not know has no effect.
                return failure is PushResult.Unavailable { Lasting: { Status: (int)HttpStatusCode.NotFound } unknown }
                    ? new(new BulkProgress.Failed(unknown), null)
                    : new(null, failure ?? new PushResult.Unavailable("NO_STATUS", null));
        }
    }

    public async Task<BulkAnswer<IReadOnlyList<string>>> ListUnderWayAsync(CancellationToken cancellationToken)
    {
        var since = (clock.GetUtcNow() - amazon.FeedTimeLimit).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var query = string.Create(CultureInfo.InvariantCulture, $"feedTypes={FeedType}&processingStatuses=IN_QUEUE,IN_PROGRESS&pageSize={FeedsPerPage}&createdSince={Uri.EscapeDataString(since)}");
        var found = new List<string>();
        for (var page = 0; page < MostPages; page++)
        {
            var (listed, failure) = await AskAsync(HttpMethod.Get, "feeds?" + query, null, cancellationToken);
            if (listed?.Feeds is not { } feeds)
            {
                return new(null, failure ?? new PushResult.Unavailable("NO_LIST", null));
            }

            found.AddRange(feeds.Select(feed => feed.FeedId).OfType<string>());
            if (listed.NextToken is not { Length: > 0 } next)
            {
                return new(found, null);
            }

            query = "nextToken=" + Uri.EscapeDataString(next);
        }

        return new(null, new PushResult.Unavailable("LIST_WITHOUT_END", null));
    }

    private async Task<BulkAnswer<BulkProgress>> ReportAsync(string feedId, string documentId, IReadOnlyList<LevelChange> changes, CancellationToken cancellationToken)
    {
        var (document, failure) = await AskAsync(HttpMethod.Get, "documents/" + Uri.EscapeDataString(documentId), null, cancellationToken);
        if (document?.Url is not { } url)
        {
            return failure is PushResult.Unavailable { Lasting.Status: (int)HttpStatusCode.NotFound }
                ? new(FeedOutcome.Of(null, feedId, changes, amazon), null)
                : new(null, failure ?? new PushResult.Unavailable("NO_DOCUMENT", null));
        }

        var report = await documents.DownloadAsync(url, document.CompressionAlgorithm, ReportSizeBytes, cancellationToken);
        return new(FeedOutcome.Of(AmazonAnswers.Parse(report, FeedsJson.Default.ProcessingReport), feedId, changes, amazon), null);
    }

    private async Task<(FeedAnswer? Answer, PushResult? Failure)> AskAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri("feeds/2021-06-30/" + path, UriKind.Relative)) { Content = content };
            request.Headers.Add("x-amz-access-token", await tokens.CurrentAsync(cancellationToken));
            using var response = await http.SendAsync(request, cancellationToken);
            if (response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized)
            {
                tokens.Forget();
            }

            var answer = AmazonAnswers.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken), FeedsJson.Default.FeedAnswer);
            return response.IsSuccessStatusCode ? (answer, null) : (null, AmazonAnswers.Failure(response, answer?.Errors, path, clock));
        }
        catch (HttpRequestException exception)
        {
            return (null, AmazonAnswers.NoAnswer(exception, path));
        }
        finally
        {
            content?.Dispose();
        }
    }

    private static ByteArrayContent Body<T>(T body, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}
