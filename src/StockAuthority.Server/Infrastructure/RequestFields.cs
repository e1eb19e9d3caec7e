using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace StockAuthority.Server.Infrastructure;

/// <summary>Collects everything that is wrong with a request, so that its author learns of it all at once.</summary>
internal sealed class RequestFields
{
    public const int MaximumTextLength = 128;
    public const int MaximumTenantLength = 64;

    private BadRequest? _bad;

    /// <summary>Whether <see cref="Text"/> would have nothing to say.</summary>
    public static bool IsGood(string value) => value.Length is > 0 and <= MaximumTextLength && IsPlain(value);

    public string Tenant(string tenantId) => Text("tenant_id", tenantId, MaximumTenantLength);

    public string Text(string field, string value, int maximumLength = MaximumTextLength)
    {
        if (value.Length == 0)
        {
            Add(field, "MISSING_FIELD", "is required");
        }

        Optional(field, value, maximumLength);
        return value;
    }

    /// <summary>Null where it is empty.</summary>
    public string? Optional(string field, string value, int maximumLength = MaximumTextLength)
    {
        if (value.Length > maximumLength)
        {
            Add(field, "TEXT_TOO_LONG", string.Create(CultureInfo.InvariantCulture, $"has {value.Length} characters; at most {maximumLength} are allowed"));
        }
        else if (!IsPlain(value))
        {
            Add(field, "TEXT_INVALID", "has control characters or is not valid Unicode");
        }

        return value.Length == 0 ? null : value;
    }

    /// <summary>Whether the value is one that this server's contract names; where not, says so.</summary>
    public bool Known<TEnum>(string field, TEnum value)
        where TEnum : struct, System.Enum
    {
        if (System.Enum.IsDefined(value))
        {
            return true;
        }

        Add(field, "UNKNOWN_ENUM_VALUE", $"has the unknown value {value:D}");
        return false;
    }

    /// <summary>Null where it is absent, or outside what google.protobuf.Timestamp can be.</summary>
    public DateTimeOffset? Time(string field, Timestamp? value)
    {
        // The seconds of the years 1 to 9999.
        if (value is null or { Seconds: >= -62_135_596_800 and <= 253_402_300_799, Nanos: >= 0 and <= 999_999_999 })
        {
            return value?.ToDateTimeOffset();
        }

        Add(field, "OUT_OF_RANGE", "is not a time between the years 1 and 9999");
        return null;
    }

    /// <summary>Null where it is absent, or out of its bounds, which are whole seconds.</summary>
    public TimeSpan? Span(string field, Duration? value, TimeSpan shortest, TimeSpan longest, string bounds)
    {
        // Compared as it came: a TimeSpan is coarser than a google.protobuf.Duration, and not every one of these can be one.
        var (least, most) = ((long)shortest.TotalSeconds, (long)longest.TotalSeconds);
        if (value is null
            || (value.Nanos is >= 0 and <= 999_999_999 && value.Seconds >= least
                && (value.Seconds < most || (value.Seconds == most && value.Nanos == 0))))
        {
            return value?.ToTimeSpan();
        }

        Add(field, "OUT_OF_RANGE", "must be " + bounds);
        return null;
    }

    public int PageSize(int value, int standard, int maximum)
    {
        if (value < 0 || value > maximum)
        {
            Add("page_size", "OUT_OF_RANGE", string.Create(CultureInfo.InvariantCulture, $"must be 1 to {maximum}"));
        }

        return value == 0 ? standard : value;
    }

    public long Sequence(string field, long value)
    {
        if (value < 0)
        {
            Add(field, "OUT_OF_RANGE", "must not be negative");
        }

        return value;
    }

    /// <summary>The key behind a page token; tokens are opaque to callers and hold the last key of the page before.</summary>
    public long PageToken(string value) => PageToken(value, static token => long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var key) ? key : (long?)null) ?? 0;

    /// <summary>The place behind a page token; null for a text that is none, and where there is none.</summary>
    /// <param name="parse">Null for a text that is no token.</param>
    public TPlace? PageToken<TPlace>(string value, Func<string, TPlace?> parse)
    {
        var place = value.Length == 0 ? default : parse(value);
        if (value.Length > 0 && place is null)
        {
            Add("page_token", "INVALID_PAGE_TOKEN", "is not a token that a list call gave");
        }

        return place;
    }

    public void Add(string field, string reason, string description) => (_bad ??= new BadRequest()).FieldViolations.Add(new BadRequest.Types.FieldViolation
    {
        Field = field,
        Reason = reason,
        Description = $"{field} {description}.",
    });

    /// <exception cref="RpcException">INVALID_ARGUMENT with all bad fields; the ErrorInfo's reason is the first one's.</exception>
    public void ThrowIfAny()
    {
        if (_bad is null)
        {
            return;
        }

        throw Errors.Status(
            Code.InvalidArgument,
            _bad.FieldViolations[0].Reason,
            string.Join(' ', _bad.FieldViolations.Take(10).Select(violation => violation.Description)),
            ("fields", string.Join(',', _bad.FieldViolations.Select(violation => violation.Field).Distinct()))).With(_bad).ToRpcException();
    }

    /// <summary>Well-formed Unicode without control characters.</summary>
    private static bool IsPlain(string value)
    {
        for (var index = 0; index < value.Length; index++)
        {
            if (char.IsHighSurrogate(value[index]) && index + 1 < value.Length && char.IsLowSurrogate(value[index + 1]))
            {
                index++;
            }
            else if (char.IsSurrogate(value[index]) || char.IsControl(value[index]))
            {
                return false;
            }
        }

        return true;
    }
}
