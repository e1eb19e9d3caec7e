using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Operations.V1;

namespace StockAuthority.Cli.Exceptions;

/// <summary>What is printed. As JSON the API's own messages, with the contract's field names.</summary>
internal static class ExceptionsOutput
{
    private static readonly JsonFormatter Format = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));

    public static string Json(IMessage message) => Format.Format(message);

    public static string List(ListExceptionsResponse page)
    {
        var text = new StringBuilder();
        foreach (var each in page.Exceptions)
        {
            text.Append(Line(each)).Append('\n');
        }

        text.Append(CultureInfo.InvariantCulture, $"{page.Exceptions.Count} cases");
        return page.NextPageToken.Length > 0 ? text.Append(CultureInfo.InvariantCulture, $"; more: --page-token {page.NextPageToken}").ToString() : text.ToString();
    }

    public static string Details(ExceptionDetails details)
    {
        var about = details.ExceptionCase;
        var text = new StringBuilder(Line(about)).Append('\n');
        Add("reason", about.Reason);
        Add("do", about.NextAction);
        Add("path", about.ExceptionPath);
        Add("payment", about.PaymentObjectId.Length > 0 ? $"{about.Provider}/{about.Account}/{about.PaymentObjectId}" : "");
        Add("event", about.ProviderEventId);
        Add("dispute", about.DisputeId);
        Add("reservations", string.Join(", ", about.ReservationIds));
        Add("missing", string.Join(", ", about.MissingFields));
        Add("found", string.Create(CultureInfo.InvariantCulture, $"{about.OccurrenceCount} times"));
        foreach (var level in details.StockSnapshot)
        {
            Add("stock", string.Create(
                CultureInfo.InvariantCulture,
                $"{level.Sku} at {level.LocationId}: {level.Available} available, {level.Reserved} reserved, {level.Committed} committed, {level.Shortfall} owed"));
        }

        Add("request", details.Evidence?.Request ?? "");
        Add("response", details.Evidence?.Response ?? "");
        Add("raw event", details.Event is null ? "" : Json(details.Event));
        foreach (var entry in details.History)
        {
            Add("history", $"{Time(entry.EntryTime)} {ExceptionNames.Of(entry.Action)} by {(entry.Actor.Length > 0 ? entry.Actor : "the authority")}: {entry.Comment}");
        }

        return text.Append(CultureInfo.InvariantCulture, $"version {about.Version}").ToString();

        void Add(string name, string value)
        {
            if (value.Length > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {name}: {value}\n");
            }
        }
    }

    public static string Replay(ReplayExceptionsResponse response)
    {
        var text = new StringBuilder();
        foreach (var each in response.Results)
        {
            text.Append(CultureInfo.InvariantCulture, $"{each.CaseId} {ExceptionNames.Of(each.Outcome)}\n");
        }

        var counts = response.Results.GroupBy(each => each.Outcome).OrderBy(each => each.Key).Select(each => $"{each.Count()} {ExceptionNames.Of(each.Key)}");
        text.Append(CultureInfo.InvariantCulture, $"{response.Results.Count} cases{(response.Results.Count > 0 ? ": " : "")}{string.Join(", ", counts)}");
        return response.NextPageToken.Length > 0 ? text.Append(CultureInfo.InvariantCulture, $"; more: --page-token {response.NextPageToken}").ToString() : text.ToString();
    }

    public static string Line(ExceptionCase each) => string.Join("  ", new[]
    {
        each.CaseId,
        $"due {Time(each.DueTime)}",
        ExceptionNames.Of(each.Kind),
        each.Status == ExceptionStatus.Resolved ? $"resolved as {ExceptionNames.Of(each.Disposition)}" : ExceptionNames.Of(each.Status),
        each.OwnerLane + (each.Assignee.Length > 0 ? $"/{each.Assignee}" : ""),
        each.OrderRef.Length > 0 ? $"order {each.OrderRef}" : each.PaymentObjectId.Length > 0 ? $"payment {each.PaymentObjectId}" : "",
        each.Sku.Length > 0 ? $"{each.Sku} at {each.LocationId}" : "",
        each.Channel.Length > 0 ? $"channel {each.Channel}" : "",
    }.Where(part => part.Length > 0));

    private static string Time(Timestamp time) => time.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
