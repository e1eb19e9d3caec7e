using System.Globalization;
using System.Text.RegularExpressions;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using StockAuthority.Connectors.Runtime.Forwarding;

namespace StockAuthority.Connectors.Broker.RabbitMq;

/// <summary>The broker's errors by what can be done about them.</summary>
internal static partial class RabbitMqTroubles
{
    public static ForwardTrouble Of(ShutdownEventArgs end) => Of(end.ReplyCode, end.ReplyText);

    public static ForwardTrouble Of(Exception exception) => exception switch
    {
        OperationInterruptedException { ShutdownReason: { } reason } => Of(reason),
        BrokerUnreachableException { InnerException: { } inner } when IsAuthentication(inner) => new ForwardTrouble("ACCESS_REFUSED", inner.Message, NeedsPeople: true),
        BrokerUnreachableException { InnerException: OperationInterruptedException { ShutdownReason: { } reason } } => Of(reason),
        FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException => new ForwardTrouble("FILE_UNREADABLE", exception.Message, NeedsPeople: true),
        _ => new ForwardTrouble("UNREACHABLE", $"{exception.GetType().Name}: {exception.InnerException?.Message ?? exception.Message}"),
    };

    /// <summary>The most bytes that the broker takes, where it closed the channel over a larger message.</summary>
    public static int? LargestBytes(ForwardTrouble? trouble) =>
        trouble is { Code: "TOO_LARGE" } && LargestPattern().Match(trouble.Detail) is { Success: true } match
        && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            ? bytes
            : null;

    private static ForwardTrouble Of(ushort code, string text) => code switch
    {
        Constants.PreconditionFailed when LargestPattern().IsMatch(text) => new ForwardTrouble("TOO_LARGE", text),
        Constants.PreconditionFailed => new ForwardTrouble("EXCHANGE_DIFFERS", text, NeedsPeople: true),
        Constants.NotFound => new ForwardTrouble("EXCHANGE_MISSING", text, NeedsPeople: true),
        Constants.AccessRefused or Constants.NotAllowed => new ForwardTrouble("ACCESS_REFUSED", text, NeedsPeople: true),
        _ => new ForwardTrouble("DISCONNECTED", string.Create(CultureInfo.InvariantCulture, $"{code} {text}")),
    };

    private static bool IsAuthentication(Exception exception) =>
        exception is AuthenticationFailureException or PossibleAuthenticationFailureException or AggregateException { InnerExceptions: [AuthenticationFailureException or PossibleAuthenticationFailureException, ..] };

    [GeneratedRegex("larger than (?:configured )?max size ([0-9]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LargestPattern();
}
