using System.CommandLine;
using Google.Protobuf;
using Grpc.Core;
using StockAuthority.Client;
using StockAuthority.Operations.V1;

namespace StockAuthority.Cli.Exceptions;

/// <summary><c>stockctl exceptions</c></summary>
internal static class ExceptionsCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Command Create() => new("exceptions", "Exception cases: what could not be made right by itself. docs/exceptions.md says what to do about each.")
    {
        List(), Show(), Assign(), Comment(), Replay(), Resolve(),
    };

    private static Command List()
    {
        var filter = new FilterOptions();
        var status = new Option<string?>("--status") { Description = "Only cases in this status; by default those that are not resolved." };
        status.AcceptOnlyFromAmong(ExceptionNames.All("ExceptionStatus"));
        var pageSize = new Option<int>("--page-size") { Description = "At most this many; 1 to 500.", DefaultValueFactory = _ => 100 };
        var pageToken = PageToken();
        var command = new Command("list", "The cases, the earliest due first. Exit code 0: they are listed; 1: it was refused; 2: it could not be asked.") { status, pageSize, pageToken };
        filter.AddTo(command);
        return Talking(command, async (parsed, tenant, service, options) =>
        {
            var wanted = filter.Read(parsed);
            var page = await service.ListExceptionsAsync(
                new ListExceptionsRequest
                {
                    TenantId = tenant,
                    Status = ExceptionNames.Status(parsed.GetValue(status)),
                    Kind = wanted.Kind,
                    OwnerLane = wanted.OwnerLane,
                    Assignee = wanted.Assignee,
                    OrderRef = wanted.OrderRef,
                    Channel = wanted.Channel,
                    DueBefore = wanted.DueBefore,
                    PageSize = parsed.GetValue(pageSize),
                    PageToken = parsed.GetValue(pageToken) ?? "",
                },
                options);
            return (ExitCode.Good, ExceptionsOutput.List(page), page);
        });
    }

    private static Command Show()
    {
        var caseId = CaseId();
        return Talking(new Command("show", "One case with its event, stock, evidence and history.") { caseId }, async (parsed, tenant, service, options) =>
        {
            var found = await service.GetExceptionAsync(new GetExceptionRequest { TenantId = tenant, CaseId = parsed.GetValue(caseId)! }, options);
            return (ExitCode.Good, ExceptionsOutput.Details(found.ExceptionDetails), found);
        });
    }

    private static Command Assign()
    {
        var caseId = CaseId();
        var assignee = new Option<string?>("--to") { Description = "Who works on it; left out: nobody." };
        var lane = new Option<string?>("--lane") { Description = "The lane that has to see to it from now on." };
        var version = new Option<long?>("--version") { Description = "The version that you have seen; by default the present one." };
        var comment = CommentOption(isRequired: false);
        return Talking(new Command("assign", "Gives a case to somebody, back, or to another lane.") { caseId, assignee, lane, version, comment }, async (parsed, tenant, service, options) =>
        {
            var id = parsed.GetValue(caseId)!;
            var seen = parsed.GetValue(version)
                ?? (await service.GetExceptionAsync(new GetExceptionRequest { TenantId = tenant, CaseId = id }, options)).ExceptionDetails.ExceptionCase.Version;
            var changed = await service.AssignExceptionAsync(
                new AssignExceptionRequest
                {
                    TenantId = tenant,
                    CaseId = id,
                    IdempotencyKey = Key(),
                    Version = seen,
                    Assignee = parsed.GetValue(assignee) ?? "",
                    OwnerLane = parsed.GetValue(lane) ?? "",
                    Comment = parsed.GetValue(comment) ?? "",
                },
                options);
            return (ExitCode.Good, ExceptionsOutput.Line(changed.ExceptionCase), changed);
        });
    }

    private static Command Comment()
    {
        var caseId = CaseId();
        var comment = CommentOption(isRequired: true);
        return Talking(new Command("comment", "Adds a remark to a case's history.") { caseId, comment }, async (parsed, tenant, service, options) =>
        {
            var changed = await service.CommentExceptionAsync(
                new CommentExceptionRequest { TenantId = tenant, CaseId = parsed.GetValue(caseId)!, IdempotencyKey = Key(), Comment = parsed.GetValue(comment)! }, options);
            return (ExitCode.Good, ExceptionsOutput.Line(changed.ExceptionCase), changed);
        });
    }

    private static Command Replay()
    {
        var caseIds = new Argument<string[]>("CASE") { Description = "The cases; left out: the first 100 that match the filter.", Arity = ArgumentArity.ZeroOrMore };
        var filter = new FilterOptions();
        var all = new Option<bool>("--all") { Description = "Without cases and filter: all that are not resolved." };
        var pageToken = PageToken();
        var comment = CommentOption(isRequired: false);
        var command = new Command(
            "replay",
            "Has held events judged again, and reporters asked for another try. Nothing is done twice. Exit code 0: tried; 1: some could not be; 2: it could not be asked.")
        {
            caseIds, all, pageToken, comment,
        };
        filter.AddTo(command);
        command.Validators.Add(result =>
        {
            var (named, wanted) = (result.GetValue(caseIds) is { Length: > 0 }, filter.IsGiven(result) || result.GetValue(all));
            if (named == wanted)
            {
                result.AddError(named ? "Name cases or give a filter, not both." : "Name cases, give a filter, or say --all.");
            }
        });
        return Talking(command, async (parsed, tenant, service, options) =>
        {
            var request = new ReplayExceptionsRequest
            {
                TenantId = tenant,
                IdempotencyKey = Key(),
                Comment = parsed.GetValue(comment) ?? "",
                CaseIds = { parsed.GetValue(caseIds) ?? [] },
                PageToken = parsed.GetValue(pageToken) ?? "",
            };
            request.Filter = request.CaseIds.Count == 0 ? filter.Read(parsed) : null;
            var replayed = await service.ReplayExceptionsAsync(request, options);
            var isGood = replayed.Results.All(each => each.Outcome is ReplayOutcome.Mended or ReplayOutcome.Unchanged or ReplayOutcome.Requested or ReplayOutcome.AlreadyResolved);
            return (isGood ? ExitCode.Good : ExitCode.Bad, ExceptionsOutput.Replay(replayed), replayed);
        });
    }

    private static Command Resolve()
    {
        var caseId = CaseId();
        var disposition = new Option<string>("--disposition") { Description = "How it ended.", Required = true };
        disposition.AcceptOnlyFromAmong([.. ExceptionNames.All("ExceptionDisposition").Where(name => !name.StartsWith("mended-", StringComparison.Ordinal))]);
        var version = new Option<long>("--version") { Description = "The version that you have seen, as 'show' prints it.", Required = true };
        var comment = CommentOption(isRequired: true);
        return Talking(new Command("resolve", "Resolves a case for good. Moves no stock.") { caseId, disposition, version, comment }, async (parsed, tenant, service, options) =>
        {
            var resolved = await service.ResolveExceptionAsync(
                new ResolveExceptionRequest
                {
                    TenantId = tenant,
                    CaseId = parsed.GetValue(caseId)!,
                    IdempotencyKey = Key(),
                    Version = parsed.GetValue(version),
                    Disposition = ExceptionNames.Disposition(parsed.GetValue(disposition)),
                    Comment = parsed.GetValue(comment)!,
                },
                options);
            return (ExitCode.Good, ExceptionsOutput.Line(resolved.ExceptionCase), resolved);
        });
    }

    /// <summary>Adds what every verb has, and runs it over a channel of its own.</summary>
    private static Command Talking(
        Command command,
        Func<ParseResult, string, ExceptionService.ExceptionServiceClient, CallOptions, Task<(int ExitCode, string Text, IMessage Result)>> run)
    {
        var server = new ServerOptions();
        var json = Verb.JsonOption();
        server.AddTo(command);
        command.Add(json);
        command.SetAction((parsed, cancellationToken) => Verb.RunAsync(
            parsed.GetValue(json),
            async () =>
            {
                var options = server.Read(parsed, Patience);
                using var channel = StockAuthorityChannel.Create(options);
                try
                {
                    var (exitCode, text, result) = await run(
                        parsed,
                        options.Tenant!,
                        new ExceptionService.ExceptionServiceClient(channel),
                        new CallOptions(deadline: TimeProvider.System.GetUtcNow().Add(Patience).UtcDateTime, cancellationToken: cancellationToken));
                    return (exitCode, text, ExceptionsOutput.Json(result));
                }
                catch (RpcException refused) when (Verb.IsRefusal(refused))
                {
                    return Verb.Refused(refused);
                }
            },
            ServerOptions.Sentence));
        return command;
    }

    private static Argument<string> CaseId() => new("CASE") { Description = "The case's id." };

    private static Option<string?> PageToken() => new("--page-token") { Description = "Goes on where a page ended." };

    private static Option<string?> CommentOption(bool isRequired) => new("--comment") { Description = "What is said about it in its history.", Required = isRequired };

    private static string Key() => $"stockctl-{Guid.NewGuid():N}";
}
