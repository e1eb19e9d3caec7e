using System.Globalization;
using StockAuthority.Operations.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;
using Ledger = StockAuthority.Core.Payments;

namespace StockAuthority.Server.Postings;

/// <summary>What an origin names: the tenant's intent or movement of a number.</summary>
internal readonly record struct PostingOrigin(string Kind, long Number)
{
    public const string Intent = "intent";
    public const string Movement = "movement";

    /// <summary>Null where it is none. One number has one way to be written, or two origins would be one thing.</summary>
    public static PostingOrigin? Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && text[..slash] is Intent or Movement
            && long.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && new PostingOrigin(text[..slash], number) is var origin && origin.ToString() == text
                ? origin
                : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind}/{Number}");
}

/// <summary>Checks requests about postings.</summary>
internal static class PostingRequests
{
    private const int MaximumSystemLength = 64;
    private const int MaximumQuantities = 10;

    public static PostingOrigin Read(RecordPostingRequest request)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        if (request.Posting is not { } posting)
        {
            fields.Add("posting", "MISSING_FIELD", "is required");
            fields.ThrowIfAny();
            throw new InvalidOperationException("Unreachable: the posting is missing.");
        }

        fields.Text("posting.origin", posting.Origin);
        var origin = PostingOrigin.Parse(posting.Origin);
        if (origin is null && posting.Origin.Length > 0)
        {
            fields.Add("posting.origin", "ORIGIN_INVALID", "is neither intent/N nor movement/N");
        }

        fields.Text("posting.system", posting.System, MaximumSystemLength);
        fields.Text("posting.document_id", posting.DocumentId);
        if (posting.PostTime is null)
        {
            fields.Add("posting.post_time", "MISSING_FIELD", "is required");
        }

        fields.Time("posting.post_time", posting.PostTime);
        if (posting.Amount is { } amount)
        {
            if (amount.MinorUnits is < 0 or > Ledger.Money.MaximumMinorUnits)
            {
                fields.Add("posting.amount.minor_units", "AMOUNT_OUT_OF_RANGE", "must be 0 to 2^53");
            }

            if (amount.Currency.Length != 3 || !amount.Currency.All(char.IsAsciiLetterUpper))
            {
                fields.Add("posting.amount.currency", "CURRENCY_INVALID", "is not a three-letter code of ISO 4217");
            }
        }

        if (posting.Quantities.Count > MaximumQuantities)
        {
            fields.Add("posting.quantities", "TOO_MANY_ENTRIES", string.Create(CultureInfo.InvariantCulture, $"has {posting.Quantities.Count} entries; at most {MaximumQuantities} are allowed"));
        }

        StockRequests.Lines(fields, posting.Quantities, isSigned: false, isRequired: false, "posting.quantities");
        fields.ThrowIfAny();
        return origin!.Value;
    }

    /// <summary>The tenant and the consumer are usable, and so is the number.</summary>
    public static void Check(string tenantId, string consumer, long intentNumber = 0)
    {
        var fields = new RequestFields();
        fields.Tenant(tenantId);
        fields.Text("consumer", consumer);
        fields.Sequence("intent_number", intentNumber);
        fields.ThrowIfAny();
    }
}

/// <summary>The last posting of a page; tokens are opaque to callers.</summary>
internal sealed record PostingPlace(DateTimeOffset PostedAt, string Origin, string System)
{
    public static PostingPlace? Parse(string token)
    {
        var parts = token.Split('|', 3);
        return parts.Length == 3
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTime.MaxValue.Ticks
            && PostingOrigin.Parse(parts[1]) is not null
                ? new PostingPlace(new DateTimeOffset(ticks, TimeSpan.Zero), parts[1], parts[2])
                : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{PostedAt.UtcTicks}|{Origin}|{System}");
}
