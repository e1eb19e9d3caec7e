namespace StockAuthority.Connectors.Tests.Compliance;

/// <summary>What PUT /simulator/faults takes for the faults that every simulator has alike.</summary>
internal static class CommonFaults
{
    public static string Of(ChannelFault fault) => fault switch
    {
        ChannelFault.None => "{}",
        ChannelFault.Latency => """{"latency_milliseconds":20}""",
        ChannelFault.TwoThrottled => """{"status":429,"count":2}""",
        ChannelFault.TwoErrors => """{"status":503,"count":2}""",
        ChannelFault.TwoErrorsAfterApplying => """{"status":500,"count":2,"after_apply":true}""",
        ChannelFault.TwoResets => """{"reset":true,"count":2}""",
        ChannelFault.TwoResetsAfterApplying => """{"reset":true,"count":2,"after_apply":true}""",
        ChannelFault.OneLate => """{"status":504,"count":1,"apply_later_milliseconds":600}""",
        ChannelFault.Revoked => """{"status":401}""",
        ChannelFault.Nonsense => """{"status":418}""",
        ChannelFault.Down => """{"status":503}""",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
