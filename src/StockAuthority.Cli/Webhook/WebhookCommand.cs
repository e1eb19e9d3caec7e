using System.CommandLine;
using Npgsql;
using StockAuthority.Cli.Verification;

namespace StockAuthority.Cli.Webhook;

/// <summary><c>stockctl webhook subscribers | deliveries | redeliver | enable</c></summary>
internal static class WebhookCommand
{
    /// <summary>A command line is seen by every user of a machine, and a connection string may hold a password.</summary>
    private const string Variable = "STOCKCTL_WEBHOOKS";

    private const int MostDeliveries = 10_000;

    public static Command Create() => new("webhook", "Outgoing webhooks: who gets them, and what became of each.") { CreateSubscribers(), CreateDeliveries(), CreateRedeliver(), CreateEnable() };

    private static Command CreateSubscribers()
    {
        var database = DatabaseOption();
        var json = Verb.JsonOption();
        var command = new Command("subscribers", "Who is told of changes, whether it takes them, and how many wait for it.") { database, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(database)!, parsed.GetValue(json), async webhooks =>
        {
            var subscribers = await webhooks.SubscribersAsync(cancellationToken);
            return (ExitCode.Good, WebhookOutput.Text(subscribers), JsonOutput.Of(new { Subscribers = subscribers }));
        }));
        return command;
    }

    private static Command CreateDeliveries()
    {
        var database = DatabaseOption();
        var subscriber = new Option<string?>("--subscriber") { Description = "Only this one's." };
        var status = new Option<string?>("--status") { Description = "Only pending, delivered, superseded (by a newer version) or failed ones." };
        status.AcceptOnlyFromAmong("pending", "delivered", "superseded", "failed");
        var limit = new Option<int>("--limit") { Description = $"At most so many, 1 to {MostDeliveries}; the newest first.", DefaultValueFactory = _ => 50 };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > MostDeliveries)
            {
                result.AddError($"--limit must be between 1 and {MostDeliveries}.");
            }
        });
        var json = Verb.JsonOption();
        var command = new Command("deliveries", "The delivery log: each message with its attempts and the last answer.") { database, subscriber, status, limit, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(database)!, parsed.GetValue(json), async webhooks =>
        {
            var deliveries = await webhooks.DeliveriesAsync(parsed.GetValue(subscriber), parsed.GetValue(status), parsed.GetValue(limit), cancellationToken);
            return (ExitCode.Good, WebhookOutput.Text(deliveries), JsonOutput.Of(new { Deliveries = deliveries }));
        }));
        return command;
    }

    private static Command CreateRedeliver()
    {
        var database = DatabaseOption();
        var first = new Argument<string>("ID") { Description = "A message's id, for example msg_0199…" };
        var last = new Argument<string?>("LAST-ID") { Description = "Everything of that subscriber from ID to here.", Arity = ArgumentArity.ZeroOrOne };
        var json = Verb.JsonOption();
        var command = new Command(
            "redeliver",
            "Has messages sent again, under their ids. Of each level only the newest version: no subscriber gets an older one after it. Exit code 0: done; 1: there are no such messages of one subscriber; 2: it could not be tried.")
        {
            database, first, last, json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(database)!, parsed.GetValue(json), async webhooks =>
        {
            var from = parsed.GetValue(first)!;
            var done = await webhooks.RedeliverAsync(from, parsed.GetValue(last) ?? from, cancellationToken);
            return done is null
                ? (ExitCode.Bad, "No such message, or not of one subscriber.", JsonOutput.Of(new { Status = "not_found" }))
                : (ExitCode.Good, WebhookOutput.Text(done), JsonOutput.Of(done));
        }));
        return command;
    }

    private static Command CreateEnable()
    {
        var database = DatabaseOption();
        var subscriber = new Argument<string>("SUBSCRIBER") { Description = "Its name." };
        var json = Verb.JsonOption();
        var command = new Command("enable", "Takes up a subscriber that was disabled; what waits for it is sent at once. Exit code 0: done; 1: there is no such subscriber; 2: it could not be tried.")
        {
            database, subscriber, json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(database)!, parsed.GetValue(json), async webhooks =>
        {
            var name = parsed.GetValue(subscriber)!;
            return await webhooks.EnableAsync(name, cancellationToken)
                ? (ExitCode.Good, $"{name} is enabled.", JsonOutput.Of(new { Status = "enabled" }))
                : (ExitCode.Bad, $"There is no subscriber {name}.", JsonOutput.Of(new { Status = "not_found" }));
        }));
        return command;
    }

    private static Option<string> DatabaseOption() => new("--webhooks")
    {
        Description = $"Npgsql connection string of the webhook connector's database, as its owner; by default what {Variable} has.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(Variable) ?? "",
    };

    private static Task<int> RunAsync(string connectionString, bool json, Func<WebhookDatabase, Task<(int ExitCode, string Text, string Json)>> run) => Verb.RunAsync(
        json,
        async () =>
        {
            if (connectionString.Length == 0)
            {
                throw new VerificationException($"--webhooks is missing, and {Variable} is not set: the connection string of the webhook connector's database is needed.");
            }

            await using var database = NpgsqlDataSource.Create(connectionString);
            return await run(new WebhookDatabase(database, TimeProvider.System));
        },
        error => error is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName } missing
            ? $"This database holds no webhooks of this version: {missing.MessageText}."
            : PostgresOption.Sentence(error, connectionString, "The command"));
}
