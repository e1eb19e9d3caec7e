using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Simulators.Amazon;

/// <summary>How feeds are worked off from now on. PUT /simulator/amazon/feeds.</summary>
internal sealed record FeedTreatment
{
    public int QueueMilliseconds { get; set; } = 500;

    public int ProcessingMilliseconds { get; set; } = 1000;

    /// <summary>Feeds stay IN_PROGRESS, and have no effect, until this is taken back.</summary>
    public bool Held { get; set; }

    /// <summary>DONE, FATAL or CANCELLED.</summary>
    public string EndsAs { get; set; } = "DONE";

    /// <summary>With FATAL: so many messages had their effect.</summary>
    public int AppliesBeforeFatal { get; set; }

    /// <summary>The feed ends without a report.</summary>
    public bool LosesReport { get; set; }

    /// <summary>The report leaves out that a message was processed.</summary>
    public bool MiscountsReport { get; set; }
}

/// <summary>Documents and feeds. A seller's feeds are worked off one after another, and have their effect at the end.</summary>
internal sealed class AmazonFeedStore(AmazonListings listings, Faults faults, RequestLog log, TimeProvider clock)
{
    private static readonly TimeSpan UploadTime = TimeSpan.FromMinutes(5);
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, Upload> _uploads = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte[]> _reports = new(StringComparer.Ordinal);
    private readonly List<Feed> _feeds = [];
    private Task _last = Task.CompletedTask;
    private FeedTreatment _treatment = new();
    private TaskCompletionSource _treated = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FeedTreatment Treatment => Locked(() => _treatment);

    public IReadOnlyList<Feed> Feeds => Locked(() => _feeds.ToArray());

    internal sealed record Upload(string ContentType, DateTimeOffset Until)
    {
        public byte[]? Content { get; set; }
    }

    internal sealed record Feed(string FeedId, IReadOnlyList<string> MarketplaceIds, DateTimeOffset CreatedTime, byte[] Document)
    {
        public string ProcessingStatus { get; set; } = "IN_QUEUE";

        public string? ResultFeedDocumentId { get; set; }

        public int Messages { get; set; }
    }

    public void Treat(FeedTreatment treatment) => Locked(() =>
    {
        _treatment = treatment;
        var treated = _treated;
        _treated = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        treated.SetResult();
        return true;
    });

    public string CreateDocument(string contentType)
    {
        var id = "amzn1.tortuga.3." + Guid.NewGuid().ToString("N");
        _uploads[id] = new Upload(contentType, clock.GetUtcNow() + UploadTime);
        return id;
    }

    public bool TryUpload(string documentId, string? contentType, byte[] content)
    {
        if (!_uploads.TryGetValue(documentId, out var upload) || upload.ContentType != contentType || clock.GetUtcNow() > upload.Until)
        {
            return false;
        }

        upload.Content = content;
        return true;
    }

    /// <summary>Null where nothing was uploaded.</summary>
    public Feed? Create(string documentId, IReadOnlyList<string> marketplaceIds) => Locked(() =>
    {
        if (_uploads.GetValueOrDefault(documentId)?.Content is not { } content)
        {
            return null;
        }

        var feed = new Feed(string.Create(CultureInfo.InvariantCulture, $"{_feeds.Count + 70_018_020_001}"), marketplaceIds, clock.GetUtcNow(), content);
        _feeds.Add(feed);
        _last = WorkOffAsync(_last, feed);
        return feed;
    });

    public byte[]? Report(string documentId) => _reports.GetValueOrDefault(documentId);

    private async Task WorkOffAsync(Task before, Feed feed)
    {
        await before;
        await Task.Delay(TimeSpan.FromMilliseconds(Treatment.QueueMilliseconds), clock);
        feed.ProcessingStatus = "IN_PROGRESS";
        await Task.Delay(TimeSpan.FromMilliseconds(Treatment.ProcessingMilliseconds), clock);
        while (Locked(() => _treatment.Held ? _treated.Task : null) is { } treated)
        {
            await treated;
        }

        var treatment = Treatment;
        if (treatment.EndsAs != "CANCELLED")
        {
            var report = Apply(feed, treatment.EndsAs == "FATAL" ? treatment.AppliesBeforeFatal : int.MaxValue, treatment);
            if (treatment is { EndsAs: "DONE", LosesReport: false })
            {
                var id = "amzn1.tortuga.3." + Guid.NewGuid().ToString("N");
                _reports[id] = Zipped(report);
                feed.ResultFeedDocumentId = id;
            }
        }

        feed.ProcessingStatus = treatment.EndsAs;
    }

    private JsonObject Apply(Feed feed, int most, FeedTreatment treatment)
    {
        JsonArray issues = [];
        JsonArray items = [];
        var (processed, invalid) = (0, 0);
        JsonNode? document;
        try
        {
            document = JsonNode.Parse(feed.Document);
        }
        catch (JsonException)
        {
            document = null;
        }

        var seller = (string?)document?["header"]?["sellerId"];
        if (seller is null || (string?)document!["header"]!["version"] != "2.0" || document["messages"] is not JsonArray { Count: > 0 and <= 25_000 } messages)
        {
            issues.Add(new JsonObject { ["code"] = "4002001", ["severity"] = "ERROR", ["message"] = "Item 'Feed' cannot be parsed." });
            messages = [];
        }

        var readsBack = document?["header"]?["report"]?["includedData"] is JsonArray;
        feed.Messages = messages.Count;
        foreach (var message in messages.Take(most))
        {
            processed++;
            var sku = (string)message!["sku"]!;
            var changes = (string?)message["operationType"] == "PATCH" ? AvailabilityChange.Read(message) : null;
            var issue = changes is null ? ("4000001", "The provided payload is invalid.")
                : faults.Current.UnanswerableIds.Contains(sku, StringComparer.Ordinal) ? ("418", "The message was not understood.")
                : AvailabilityChange.Issue(sku, changes, faults.Current);
            if (issue is var (code, text))
            {
                invalid++;
                issues.Add(new JsonObject { ["messageId"] = (int)message["messageId"]!, ["sku"] = sku, ["code"] = code, ["severity"] = "ERROR", ["message"] = text, ["attributeNames"] = new JsonArray("fulfillment_availability") });
                continue;
            }

            AvailabilityChange.Apply(seller!, sku, changes!, listings, faults.Current, log, clock);
            if (readsBack && !faults.Current.UnlistedSkus.Contains(sku, StringComparer.Ordinal))
            {
                items.Add(new JsonObject { ["sku"] = sku, ["fulfillmentAvailability"] = listings.Availability(seller!, sku) });
            }
        }

        processed -= treatment.MiscountsReport ? 1 : 0;
        var report = new JsonObject
        {
            ["header"] = new JsonObject { ["sellerId"] = seller ?? "", ["version"] = "2.0", ["feedId"] = feed.FeedId },
            ["issues"] = issues,
            ["summary"] = new JsonObject { ["errors"] = issues.Count, ["warnings"] = 0, ["messagesProcessed"] = processed, ["messagesAccepted"] = processed - invalid, ["messagesInvalid"] = invalid },
        };
        if (readsBack)
        {
            report["items"] = items;
        }

        return report;
    }

    private static byte[] Zipped(JsonObject report)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(report.ToJsonString()));
        }

        return zipped.ToArray();
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_lock)
        {
            return read();
        }
    }
}
