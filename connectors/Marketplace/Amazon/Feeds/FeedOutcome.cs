using System.Globalization;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Amazon.Feeds;

/// <summary>What a processing report says of each level. One that does not account for every message is not believed.</summary>
internal static class FeedOutcome
{
    /// <param name="report">Null where there is none, or it cannot be read.</param>
    /// <param name="feedId">The feed that it has to be about.</param>
    /// <param name="changes">Message by message, from 1 on.</param>
    /// <param name="amazon">Which location is which fulfilment channel.</param>
    public static BulkProgress Of(ProcessingReport? report, string feedId, IReadOnlyList<LevelChange> changes, AmazonOptions amazon)
    {
        if (report is not { Summary: { } summary, Issues: { } issues } || report.Header?.FeedId != feedId)
        {
            return NotBelieved(feedId, "REPORT_UNREADABLE", "The feed ended without a processing report about it.");
        }

        var errors = issues.Where(issue => issue.Severity == "ERROR").ToArray();
        if (errors.FirstOrDefault(issue => issue.MessageId is not { } id || id < 1 || id > changes.Count) is { } strange)
        {
            return new BulkProgress.Failed(AmazonAnswers.Refusal(200, Issue(strange), feedId, feedId));
        }

        var refused = errors.GroupBy(issue => issue.MessageId!.Value - 1).ToDictionary(
            message => message.Key, message => AmazonAnswers.Refusal(200, Issue(message.First()), string.Create(CultureInfo.InvariantCulture, $"feed {feedId} message {message.Key + 1}"), feedId));
        if (summary.MessagesProcessed != changes.Count || summary.MessagesInvalid != refused.Count || summary.MessagesAccepted != changes.Count - refused.Count)
        {
            return NotBelieved(feedId, "REPORT_INCOMPLETE", string.Create(
                CultureInfo.InvariantCulture,
                $"Of {changes.Count} messages {summary.MessagesProcessed} were processed, {summary.MessagesAccepted} accepted, {summary.MessagesInvalid} invalid, and {refused.Count} have an error."));
        }

        return new BulkProgress.Ended(refused, Differing(report.Items, changes, refused, amazon));
    }

    /// <summary>The report was asked to read back what the listings show.</summary>
    private static int[] Differing(IReadOnlyList<ReportItem>? items, IReadOnlyList<LevelChange> changes, Dictionary<int, Refusal> refused, AmazonOptions amazon)
    {
        if (items is null)
        {
            return [];
        }

        var shown = new Dictionary<(string, string?), long?>();
        foreach (var item in items.Where(item => item.Sku is not null))
        {
            foreach (var availability in item.FulfillmentAvailability ?? [])
            {
                shown[(item.Sku!, availability.FulfillmentChannelCode)] = availability.Quantity;
            }
        }

        return
        [
            .. changes.Index().Where(each => !refused.ContainsKey(each.Index)
                && shown.GetValueOrDefault((each.Item.Key.Sku, amazon.Locations[each.Item.Key.LocationId])) != AvailabilityPatch.Quantity(each.Item)).Select(each => each.Index),
        ];
    }

    public static BulkProgress.Failed NotBelieved(string feedId, string code, string detail) => new(new Refusal(200, code, null, detail, "feed " + feedId, feedId));

    private static ListingIssue Issue(ReportIssue issue) => new(issue.Code, issue.Message, issue.Severity, issue.AttributeNames ?? (issue.AttributeName is { } name ? [name] : null));
}
