using Google.Protobuf.WellKnownTypes;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>
/// What a journal channel declares. It shows customers nothing and books everything, so it has neither a partial rollout nor objectives: it is
/// registered for its lease, for its health, and so that people can pause it.
/// </summary>
public static class JournalDeclaration
{
    /// <summary>Reads section <c>Channel</c>: <c>Owner</c> and <c>CustomerSentence</c>, both with defaults.</summary>
    public static ChannelDeclarationOptions Read(SettingsReader settings, string kind)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new ChannelDeclarationOptions(
            new ChannelDeclaration
            {
                Kind = kind,
                CustomerSentence = settings.Text("Channel:CustomerSentence") ?? "Customers see nothing of it; the books are behind.",
                Owner = settings.Text("Channel:Owner") ?? "finance",
                Objectives = new ChannelObjectives
                {
                    VisibleWithin = Duration.FromTimeSpan(TimeSpan.FromDays(1)),
                    LateRatio = 1,
                    ErrorRatio = 1,
                    Window = Duration.FromTimeSpan(TimeSpan.FromHours(1)),
                },
                WholeJournal = true,
                InitialRollout = new ChannelRollout { Mode = ChannelMode.On, Percent = 100 },
            },
            new Dictionary<string, long>());
    }
}
