namespace StockAuthority.EndToEnd.Tests.Channels;

/// <summary>What goes wrong on the way to a channel, as its simulator is told to do it: each fault goes on until the next.</summary>
internal static class ChannelFaults
{
    /// <summary>Nothing.</summary>
    public const string None = "{}";

    /// <summary>Unreachable.</summary>
    public const string Down = """{"status":503}""";

    private static readonly string[] OfLevels =
    [
        // Lost on the way there, and on the way back: carried out, and the caller does not know.
        """{"reset":true}""", """{"reset":true,"after_apply":true}""", """{"status":504,"after_apply":true}""", Down,

        // Late: while the caller waits, longer than it waits, and after it was told that nothing came of it.
        """{"latency_milliseconds":300}""", """{"latency_milliseconds":6000}""", """{"status":504,"apply_later_milliseconds":700}""", """{"status":504,"apply_later_milliseconds":1500}""",

        // Twice, too many, and taken with an answer that says something else.
        """{"duplicate":true}""", """{"status":429,"retry_after_seconds":1}""", """{"wrong_echo":true}""",
    ];

    // Posting is what must not happen twice; `$batch` makes the lines that are posted.
    private static readonly string[] OfBooks =
    [
        """{"reset":true}""", Down, """{"latency_milliseconds":300}""", """{"duplicate":true,"where":"POST"}""", """{"status":429,"retry_after_seconds":1,"where":"POST"}""",
        """{"status":503,"after_apply":true,"where":"Microsoft.NAV.post"}""", """{"reset":true,"after_apply":true,"where":"Microsoft.NAV.post"}""",
        """{"apply_later_milliseconds":1500,"where":"Microsoft.NAV.post"}""",
        """{"status":400,"error_code":"Internal_ServerError","after_apply":true,"count":2,"where":"Microsoft.NAV.post"}""",
        """{"reset":true,"after_apply":true,"where":"$batch"}""", """{"apply_later_milliseconds":1500,"where":"$batch"}""",
    ];

    /// <summary>One of the channel's, or none in a fourth of all cases.</summary>
    public static string Next(string channel, Random random)
    {
        var faults = channel == FourChannels.Erp ? OfBooks : OfLevels;
        var dice = random.Next(faults.Length * 4 / 3);
        return dice < faults.Length ? faults[dice] : None;
    }
}
