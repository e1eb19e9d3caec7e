using System.Diagnostics;
using System.Text.Json;
using Shouldly;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Tests.Webhook;

/// <summary>The built <c>stockctl webhook</c>.</summary>
public sealed class CommandTests(TestPostgres postgres) : WebhookFixture(postgres)
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task The_verbs_tell_programs_what_is_there_and_what_was_done()
    {
        var receiver = await SubscriberAsync();
        await ConnectAsync(Subscribes(0, receiver));
        Journal.Append("apple", 7);
        await DeliveredAsync(1);
        var id = receiver.Received.Single().MessageId;

        var subscribers = await JsonAsync("subscribers");
        subscribers.GetProperty("subscribers")[0].GetProperty("enabled").GetBoolean().ShouldBeTrue();
        var delivery = (await JsonAsync("deliveries", "--status", "delivered", "--subscriber", "s0")).GetProperty("deliveries")[0];
        (delivery.GetProperty("message_id").GetString(), delivery.GetProperty("last_status").GetInt32(), delivery.GetProperty("attempts").GetInt32()).ShouldBe((id, 204, 1));

        (await JsonAsync("redeliver", id)).GetProperty("redelivered").GetInt64().ShouldBe(1);
        await Hosts.Eventually.HoldsAsync(() => receiver.Received.Count == 2);
        (await RunAsync("redeliver", "msg_unknown")).ExitCode.ShouldBe(1);
        (await RunAsync("enable", "s0")).Output.ShouldBe("s0 is enabled.");
        (await RunAsync("enable", "nobody")).ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task A_database_without_webhooks_is_one_sentence()
    {
        var (exitCode, _, error) = await RunAsync("subscribers");
        exitCode.ShouldBe(2);
        error.ShouldStartWith("This database holds no webhooks of this version");
        error.ShouldNotContain('\n');
    }

    private async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await RunAsync([.. arguments, "--json"]);
        exitCode.ShouldBe(0, error);
        using var json = JsonDocument.Parse(output);
        return json.RootElement.Clone();
    }

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [TestWorkspace.Checkout.Program("src/StockAuthority.Cli", "stockctl"), "webhook", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["STOCKCTL_WEBHOOKS"] = Database.ConnectionString },
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Bound);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, (await output).TrimEnd(), (await error).TrimEnd());
    }
}
