using System.Text.Json;
using Shouldly;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Cli.Tests.Shop;

namespace StockAuthority.Cli.Tests.Exceptions;

/// <summary>The built program, on a real server.</summary>
public sealed class ExceptionsCommandTests(Shop shop) : IClassFixture<Shop>
{
    [Fact]
    public async Task A_case_is_listed_shown_assigned_replayed_and_resolved()
    {
        var tenant = await shop.OpenAsync();
        var order = New("order");
        await shop.CaptureAsync(tenant, order, Line(Mug, 101));

        var (_, listed) = await JsonAsync(tenant, "list", "--kind", "paid-not-available");
        var caseId = listed.GetProperty("exceptions").EnumerateArray().Single().GetProperty("case_id").GetString()!;
        (await RunAsync(tenant, "list", "--kind", "shortfall")).Output.Trim().ShouldBe("0 cases");
        (await RunAsync(tenant, "list", "--due-before", "2020-01-01T00:00:00Z")).Output.Trim().ShouldBe("0 cases");
        (await RunAsync(tenant, "list", "--order", order)).Output.ShouldContain("paid-not-available  open  payments  order " + order);
        (await RunAsync(tenant, "show", caseId)).Output.ShouldSatisfyAllConditions(
            output => output.ShouldContain("stock: mug at berlin: 100 available"),
            output => output.ShouldContain("PAYMENT_EVENT_TYPE_CAPTURE_SUCCEEDED"),
            output => output.ShouldContain("version 1"));
        (await RunAsync(tenant, "assign", caseId, "--to", "edda", "--comment", "Calls the customer.")).Output.ShouldContain("payments/edda");
        (await RunAsync(tenant, "comment", caseId, "--comment", "Nobody answers.")).ExitCode.ShouldBe(0);
        (await RunAsync(tenant, "replay", caseId)).Output.ShouldContain($"{caseId} unchanged");
        (await RunAsync(tenant, "replay", "--assignee", "edda")).Output.ShouldContain("1 cases: 1 unchanged");

        var stale = await RunAsync(tenant, "resolve", caseId, "--disposition", "refunded", "--version", "1", "--comment", "Paid back.");
        (stale.ExitCode, stale.Output.Split(':')[0]).ShouldBe((1, "EXCEPTION_CHANGED"));
        var (exitCode, resolved) = await JsonAsync(tenant, "resolve", caseId, "--disposition", "refunded", "--version", "3", "--comment", "Paid back.");
        (exitCode, resolved.GetProperty("exception_case").GetProperty("disposition").GetString()).ShouldBe((0, "EXCEPTION_DISPOSITION_REFUNDED"));
        (await RunAsync(tenant, "list")).Output.Trim().ShouldBe("0 cases");
        (await RunAsync(tenant, "list", "--status", "resolved")).Output.ShouldContain("resolved as refunded");
        (await RunAsync(tenant, "show", caseId)).Output.ShouldContain("resolved by test: REFUNDED: Paid back.");

        // Cases are no part of the ledger: it verifies as before.
        (await Stockctl.VerifyAsync(shop, tenant)).ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("show exc-1", 1, "EXCEPTION_NOT_FOUND")]
    [InlineData("replay", 2, "--all")]
    [InlineData("replay exc-1 --order order-1", 2, "not both")]
    [InlineData("replay exc-1", 1, "exc-1 not-found")]
    [InlineData("list --kind nothing", 2, "nothing")]
    [InlineData("resolve exc-1 --disposition mended-by-event --version 1 --comment x", 2, "mended-by-event")]
    [InlineData("resolve exc-1 --disposition refunded --version 1", 2, "--comment")]
    public async Task What_cannot_be_is_said_in_a_sentence(string line, int exitCode, string said)
    {
        var (actual, output, error) = await RunAsync(await shop.OpenAsync(), line.Split(' '));
        (output + error).ShouldContain(said);
        actual.ShouldBe(exitCode);
    }

    private async Task<(int ExitCode, JsonElement Result)> JsonAsync(string tenant, params string[] arguments)
    {
        var (exitCode, output, error) = await RunAsync(tenant, [.. arguments, "--json"]);
        error.ShouldBeEmpty();
        using var json = JsonDocument.Parse(output);
        return (exitCode, json.RootElement.Clone());
    }

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(string tenant, params string[] arguments) => await Stockctl.RunAsync(
        ["exceptions", .. arguments, "--server", shop.Server.Grpc.ToString(), "--tenant", tenant, "--token-file", await TestTokens.FileAsync(tenant)]);
}
