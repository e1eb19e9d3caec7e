using System.Text.RegularExpressions;
using Shouldly;
using StockAuthority.DevHost;
using StockAuthority.MatrixFile;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Server.Tests.Payments;

/// <summary>A server does not start with a trigger matrix that is not good, or that nobody answers for.</summary>
public sealed class TriggerMatrixStartupTests
{
    [Fact]
    public async Task Unsigned() =>
        (await RefusalAsync(await MatrixServer.FileAsync(MatrixServer.Draft("")))).ShouldSatisfyAllConditions(
            message => message.ShouldContain("is not signed off, so the server does not start"),
            message => message.ShouldContain("Engineering has not signed it."),
            message => message.ShouldContain("Finance has not signed it."),
            message => message.ShouldContain("stockctl matrix sign FILE --role finance --by NAME"));

    [Fact]
    public async Task Changed_after_it_was_signed()
    {
        var signed = await File.ReadAllTextAsync(MatrixServer.Shipped("trigger-matrix.yaml"));

        var message = await RefusalAsync(await MatrixServer.FileAsync(signed.Replace("owner: checkout", "owner: someone", StringComparison.Ordinal)));

        message.ShouldContain("signed another version, " + Regex.Match(signed, "sha256: \"([0-9a-f]{64})\"").Groups[1].Value);
    }

    [Fact]
    public async Task Signed_by_one_person_twice()
    {
        var signed = TriggerMatrixText.Parse(MatrixServer.Draft(""))
            .Signed(SignatoryRole.Engineering, "A", DateTimeOffset.UnixEpoch).Signed(SignatoryRole.Finance, "A", DateTimeOffset.UnixEpoch);

        (await RefusalAsync(await MatrixServer.FileAsync(signed.Text))).ShouldContain("both signed by 'A'");
    }

    [Theory]
    [InlineData("'settlement-confirmed' has no row.", "event: settlement-confirmed", "event: capture-succeeded")]
    [InlineData("'capture-succeeded' has more than one row.", "event: settlement-confirmed", "event: capture-succeeded")]
    [InlineData("'refund-posted' cannot have the inventory action Reserve; it can have Review, Release, None.", "event: refund-posted\n    inventory_action: Review", "event: refund-posted\n    inventory_action: Reserve")]
    [InlineData("'Ship' is no inventory action", "inventory_action: Commit", "inventory_action: Ship")]
    [InlineData("A row has no owner.", "    owner: disputes\n", "")]
    public async Task Rows_that_are_not_good(string problem, string cell, string other)
    {
        var draft = MatrixServer.Draft("");
        draft.ShouldContain(cell);

        var message = await RefusalAsync(await MatrixServer.FileAsync(draft.Replace(cell, other, StringComparison.Ordinal)));

        message.ShouldContain("is not good, so the server does not start");
        message.ShouldContain(problem);
    }

    [Theory]
    [InlineData("Override 'b' never applies to tenant 'acme' and any SKU class: 'a' comes first and is for them too.", "overrides: [{name: a, tenants: [acme]}, {name: b, tenants: [acme]}]\n")]
    [InlineData("Override 'a' names 'acme' twice.", "overrides: [{name: a, tenants: [acme, acme]}]\n")]
    [InlineData("this is no YAML", "events: []\n")]
    public async Task A_tenant_or_a_key_that_is_there_twice(string problem, string more) =>
        (await RefusalAsync(await MatrixServer.FileAsync(MatrixServer.Draft(more)))).ShouldContain(problem);

    [Fact]
    public async Task Not_there_at_all() => (await RefusalAsync("/nowhere/matrix.yaml")).ShouldContain("The trigger matrix /nowhere/matrix.yaml cannot be read");

    private static async Task<string> RefusalAsync(string path)
    {
        // No database is there: what is refused is refused before it is asked for.
        var error = await Should.ThrowAsync<DevHostException>(() => ServerProcess.StartAsync(
            "Host=127.0.0.1;Port=1", "127.0.0.1:1", new Dictionary<string, string> { ["TriggerMatrix__Path"] = path }));
        error.Message.ShouldContain("exit code 1");
        error.Message.ShouldNotContain("   at ");
        return error.Message;
    }
}
