using System.CommandLine;
using System.CommandLine.Parsing;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Operations.V1;
using Option = System.CommandLine.Option;

namespace StockAuthority.Cli.Exceptions;

/// <summary>Which cases.</summary>
internal sealed class FilterOptions
{
    private readonly Option<string?> _kind = new("--kind") { Description = "Only cases of this kind." };
    private readonly Option<string?> _lane = new("--lane") { Description = "Only cases of this lane." };
    private readonly Option<string?> _assignee = new("--assignee") { Description = "Only cases that this person has." };
    private readonly Option<string?> _order = new("--order") { Description = "Only cases of this order." };
    private readonly Option<string?> _channel = new("--channel") { Description = "Only cases of this channel." };
    private readonly Option<DateTimeOffset?> _dueBefore = new("--due-before") { Description = "Only cases that are due before this time (ISO 8601)." };

    public FilterOptions() => _kind.AcceptOnlyFromAmong(ExceptionNames.All("ExceptionKind"));

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_kind, _lane, _assignee, _order, _channel, _dueBefore])
        {
            command.Add(option);
        }
    }

    public bool IsGiven(CommandResult result) => ((Option[])[_kind, _lane, _assignee, _order, _channel, _dueBefore]).Any(option => result.GetResult(option) is not null);

    public ExceptionFilter Read(ParseResult parsed) => new()
    {
        Kind = ExceptionNames.Kind(parsed.GetValue(_kind)),
        OwnerLane = parsed.GetValue(_lane) ?? "",
        Assignee = parsed.GetValue(_assignee) ?? "",
        OrderRef = parsed.GetValue(_order) ?? "",
        Channel = parsed.GetValue(_channel) ?? "",
        DueBefore = parsed.GetValue(_dueBefore) is { } time ? Timestamp.FromDateTimeOffset(time) : null,
    };
}
