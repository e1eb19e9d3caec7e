using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.ChangeFeed.V1;

namespace StockAuthority.Connectors.Runtime.Channels;

/// <summary>
/// What a channel declares, and how its levels differ from the authority's. Section <c>Channel</c>; what people have to decide
/// (<c>CustomerSentence</c>, <c>Owner</c>) has no default.
/// </summary>
/// <param name="Declaration">What people see.</param>
/// <param name="SafetyBuffers">Units by location that the channel is not told of. <c>Channel:SafetyBuffers:0:LocationId</c> and <c>:Units</c>.</param>
public sealed record ChannelDeclarationOptions(ChannelDeclaration Declaration, IReadOnlyDictionary<string, long> SafetyBuffers)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>What the channel shows of so many available units there.</summary>
    public long Shown(string locationId, long available) => Math.Max(0, available - SafetyBuffers.GetValueOrDefault(locationId));

    /// <summary>Reads the section; what is missing or unusable is noted in <paramref name="settings"/>.</summary>
    public static ChannelDeclarationOptions Read(SettingsReader settings, string kind)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new(Declared(settings, kind), Buffers(settings));
    }

    private static ChannelDeclaration Declared(SettingsReader settings, string kind) => new()
    {
        Kind = kind,
        BlocksConfirmation = settings.Choice("Channel:BlocksConfirmation", false),
        CustomerSentence = settings.Required("Channel:CustomerSentence"),
        Owner = settings.Required("Channel:Owner"),
        Objectives = new ChannelObjectives
        {
            VisibleWithin = Duration.FromTimeSpan(settings.Duration("Channel:Slo:VisibleWithin", TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(1), Day)),
            LateRatio = settings.Ratio("Channel:Slo:LateRatio", 0.05),
            ErrorRatio = settings.Ratio("Channel:Slo:ErrorRatio", 0.05),
            Window = Duration.FromTimeSpan(settings.Duration("Channel:Slo:Window", TimeSpan.FromHours(1), TimeSpan.FromSeconds(1), 7 * Day)),
        },
        InitialRollout = Rollout(settings),
    };

    private static ChannelRollout Rollout(SettingsReader settings)
    {
        switch (settings.Text("Channel:InitialRollout")?.ToLowerInvariant())
        {
            case null or "off":
                return new ChannelRollout { Mode = ChannelMode.Off };
            case "shadow":
                return new ChannelRollout { Mode = ChannelMode.Shadow };
            case "25" or "50" or "100":
                return new ChannelRollout { Mode = ChannelMode.On, Percent = int.Parse(settings.Text("Channel:InitialRollout")!, CultureInfo.InvariantCulture) };
            default:
                settings.Wrong("Channel:InitialRollout is not one of off, shadow, 25, 50 and 100");
                return new ChannelRollout { Mode = ChannelMode.Off };
        }
    }

    private static Dictionary<string, long> Buffers(SettingsReader settings)
    {
        var buffers = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var entry in settings.Configuration.GetSection("Channel:SafetyBuffers").GetChildren())
        {
            if (!buffers.TryAdd(settings.Required($"{entry.Path}:LocationId"), settings.Number($"{entry.Path}:Units", 0, 0, 1_000_000)))
            {
                settings.Wrong($"Channel:SafetyBuffers names {entry["LocationId"]} twice");
            }
        }

        return buffers;
    }
}
