using System.CommandLine;
using Grpc.Core;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Client;

namespace StockAuthority.Cli.Channels;

/// <summary><c>stockctl channel status | promote | pause | resume | replay | resync</c></summary>
internal static class ChannelCommand
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private delegate Task<IReadOnlyList<RegisteredChannel>> Call(ChannelService.ChannelServiceClient client, ParseResult parsed, string tenant, CancellationToken cancellationToken);

    public static Command Create() => new("channel", "Channels that show stock levels.")
    {
        CreateStatus(), CreatePromote(), CreatePause(), CreateResume(), CreateReplay(), CreateResync(),
    };

    private static Command CreateStatus()
    {
        var channel = new Argument<string?>("CHANNEL") { Description = "One channel; by default all.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("status", "Rollout, checkpoint, lease and health of channels. Exit code 0: all deliver; 1: one is paused, or its latest window is not clean.") { channel };
        return With(command, isGood: found => !found.Paused && (found.Rollout.Mode == ChannelMode.Off || found.Checkpoint.Clean), async (client, parsed, tenant, cancellationToken) =>
        {
            if (parsed.GetValue(channel) is { } id)
            {
                return [(await client.GetChannelAsync(new GetChannelRequest { TenantId = tenant, ChannelId = id }, deadline: By(), cancellationToken: cancellationToken)).Channel];
            }

            var found = new List<RegisteredChannel>();
            var token = "";
            do
            {
                var page = await client.ListChannelsAsync(new ListChannelsRequest { TenantId = tenant, PageToken = token }, deadline: By(), cancellationToken: cancellationToken);
                found.AddRange(page.Channels);
                token = page.NextPageToken;
            }
            while (token.Length > 0);
            return found;
        });
    }

    private static Command CreatePromote()
    {
        var to = new Option<string>("--to") { Description = "off, shadow, 25, 50, 100, or at:LOCATION,LOCATION", Required = true };
        to.Validators.Add(result =>
        {
            if (ChannelText.Rollout(result.GetValueOrDefault<string>() ?? "") is null)
            {
                result.AddError("--to must be off, shadow, 25, 50, 100 or at:LOCATION,LOCATION.");
            }
        });
        var explanation = new Option<string>("--explain-differences") { Description = "What explains the differences that shadow mode found.", DefaultValueFactory = _ => "" };
        var (command, channel, comment, key) = Changing("promote", "Rolls a channel out a step further, which needs a clean checkpoint, or back.");
        command.Add(to);
        command.Add(explanation);
        return With(command, _ => true, async (client, parsed, tenant, cancellationToken) =>
        [
            (await client.PromoteChannelAsync(
                new PromoteChannelRequest
                {
                    TenantId = tenant,
                    ChannelId = parsed.GetValue(channel),
                    IdempotencyKey = parsed.GetValue(key),
                    Comment = parsed.GetValue(comment),
                    Rollout = ChannelText.Rollout(parsed.GetValue(to)!),
                    DriftExplanation = parsed.GetValue(explanation),
                },
                deadline: By(), cancellationToken: cancellationToken)).Channel,
        ]);
    }

    private static Command CreatePause()
    {
        var (command, channel, comment, key) = Changing("pause", "Stops the deliveries; changes wait.");
        return With(command, _ => true, async (client, parsed, tenant, cancellationToken) =>
        [
            (await client.PauseChannelAsync(
                new PauseChannelRequest { TenantId = tenant, ChannelId = parsed.GetValue(channel), IdempotencyKey = parsed.GetValue(key), Comment = parsed.GetValue(comment) },
                deadline: By(), cancellationToken: cancellationToken)).Channel,
        ]);
    }

    private static Command CreateResume()
    {
        var (command, channel, comment, key) = Changing("resume", "Lets the deliveries go on with the latest levels.");
        return With(command, _ => true, async (client, parsed, tenant, cancellationToken) =>
        [
            (await client.ResumeChannelAsync(
                new ResumeChannelRequest { TenantId = tenant, ChannelId = parsed.GetValue(channel), IdempotencyKey = parsed.GetValue(key), Comment = parsed.GetValue(comment) },
                deadline: By(), cancellationToken: cancellationToken)).Channel,
        ]);
    }

    private static Command CreateReplay()
    {
        var after = new Option<long>("--after") { Description = "The last sequence that needs no replay.", Required = true };
        var (command, channel, comment, key) = Changing("replay", "Delivers again the latest levels of all that changed after a sequence.");
        command.Add(after);
        return With(command, _ => true, async (client, parsed, tenant, cancellationToken) =>
        [
            (await client.ReplayChannelAsync(
                new ReplayChannelRequest
                {
                    TenantId = tenant,
                    ChannelId = parsed.GetValue(channel),
                    IdempotencyKey = parsed.GetValue(key),
                    Comment = parsed.GetValue(comment),
                    AfterSequence = parsed.GetValue(after),
                },
                deadline: By(), cancellationToken: cancellationToken)).Channel,
        ]);
    }

    private static Command CreateResync()
    {
        var skus = new Option<string[]>("--sku") { Description = "Only this SKU; can be given several times." };
        var (command, channel, comment, key) = Changing("resync", "Compares what a channel shows with the levels, and writes those that differ.");
        command.Add(skus);
        return With(command, _ => true, async (client, parsed, tenant, cancellationToken) =>
        [
            (await client.ResyncChannelAsync(
                new ResyncChannelRequest
                {
                    TenantId = tenant,
                    ChannelId = parsed.GetValue(channel),
                    IdempotencyKey = parsed.GetValue(key),
                    Comment = parsed.GetValue(comment),
                    Skus = { parsed.GetValue(skus) ?? [] },
                },
                deadline: By(), cancellationToken: cancellationToken)).Channel,
        ]);
    }

    private static (Command Command, Argument<string> Channel, Option<string> Comment, Option<string> Key) Changing(string name, string description)
    {
        var channel = new Argument<string>("CHANNEL");
        var comment = new Option<string>("--comment") { Description = "Why; it is kept with who did it.", Required = true };
        var key = new Option<string>("--key")
        {
            Description = "The idempotency key, to repeat a call whose answer was lost; by default a new one.",
            DefaultValueFactory = _ => $"stockctl-{Guid.NewGuid():N}",
        };
        return (new Command(name, description) { channel, comment, key }, channel, comment, key);
    }

    private static Command With(Command command, Func<RegisteredChannel, bool> isGood, Call call)
    {
        var server = new ServerOptions();
        server.AddTo(command);
        var json = Verb.JsonOption();
        command.Add(json);
        command.SetAction((parsed, cancellationToken) => Verb.RunAsync(
            parsed.GetValue(json),
            async () =>
            {
                var options = server.Read(parsed, Deadline);
                using var channel = StockAuthorityChannel.Create(options);
                try
                {
                    var found = await call(new ChannelService.ChannelServiceClient(channel), parsed, options.Tenant!, cancellationToken);
                    return (found.All(isGood) ? ExitCode.Good : ExitCode.Bad, ChannelText.Of(found), JsonOutput.Of(new { channels = found.Select(ChannelView.Of) }));
                }
                catch (RpcException refused) when (Verb.IsRefusal(refused))
                {
                    return Verb.Refused(refused);
                }
            },
            ServerOptions.Sentence));
        return command;
    }

    private static DateTime By() => (TimeProvider.System.GetUtcNow() + Deadline).UtcDateTime;
}
