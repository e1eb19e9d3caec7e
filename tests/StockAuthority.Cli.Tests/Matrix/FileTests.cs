using Shouldly;
using Xunit;

namespace StockAuthority.Cli.Tests.Matrix;

/// <summary><c>stockctl matrix check</c>, <c>sign</c> and <c>diff</c>: the built program on files.</summary>
public sealed class FileTests
{
    [Fact]
    public async Task A_signed_file_is_good_and_says_who_signed()
    {
        var (exitCode, result) = await MatrixFiles.RunAsync("check", MatrixFiles.DeductAtSettlement);

        exitCode.ShouldBe(0);
        result.GetProperty("status").GetString().ShouldBe("good");
        result.GetProperty("sha256").GetString()!.Length.ShouldBe(64);
        result.GetProperty("sign_off").EnumerateArray().Select(each => (each.GetProperty("role").GetString(), each.GetProperty("is_current").GetBoolean()))
            .ShouldBe([("engineering", true), ("finance", true)]);

        var (_, text, _) = await Stockctl.RunAsync("matrix", "check", MatrixFiles.DeductAtSettlement);
        text.ShouldStartWith("good: ");
        text.ShouldContain("signed for finance by finance controls at ");
    }

    [Fact]
    public async Task A_draft_is_good_but_for_its_signatures()
    {
        var draft = await MatrixFiles.DraftAsync();

        var (exitCode, result) = await MatrixFiles.RunAsync("check", draft);
        var (unsignedExitCode, _) = await MatrixFiles.RunAsync("check", draft, "--unsigned");

        exitCode.ShouldBe(1);
        result.Texts("problems").ShouldBeEmpty();
        result.Texts("signature_problems").Length.ShouldBe(2);
        unsignedExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_said_at_once()
    {
        var file = await MatrixFiles.DraftAsync("overrides: [{name: a, tenants: [acme]}, {name: b, tenants: [acme], sku_classes: [teas]}]\n");

        var (exitCode, text, _) = await Stockctl.RunAsync("matrix", "check", file);

        exitCode.ShouldBe(1);
        text.ShouldContain("Override 'b' names the SKU class 'teas', which is not defined.");
        text.ShouldContain("Override 'b' never applies to tenant 'acme' and SKU class 'teas': 'a' comes first and is for them too.");
        text.ShouldContain($"bad: {file}");
    }

    [Theory]
    [InlineData("check", "/nowhere/matrix.yaml")]
    [InlineData("sign", "/nowhere/matrix.yaml", "--role", "finance", "--by", "A")]
    [InlineData("diff", "/nowhere/matrix.yaml", "/nowhere/matrix.yaml")]
    [InlineData("simulate", "/nowhere/matrix.yaml", "--postgres", "Host=127.0.0.1;Port=1")]
    public async Task A_file_that_cannot_be_read_is_exit_code_2(params string[] arguments)
    {
        var (exitCode, result) = await MatrixFiles.RunAsync(arguments);

        exitCode.ShouldBe(2);
        result.GetProperty("status").GetString().ShouldBe("could_not_run");
        result.GetProperty("error").GetString()!.ShouldStartWith("The trigger matrix /nowhere/matrix.yaml cannot be read");
    }

    [Fact]
    public async Task Two_people_sign_what_they_looked_at()
    {
        var file = await MatrixFiles.DraftAsync("# a comment that stays\n");
        var before = await File.ReadAllTextAsync(file);
        var sha256 = (await MatrixFiles.RunAsync("check", file)).Result.GetProperty("sha256").GetString()!;

        (await SignAsync(file, "engineering", "Edda")).ShouldBe(0);
        (await SignAsync(file, "finance", "edda")).ShouldBe(1);
        (await SignAsync(file, "finance", "Finn", "--sha256", new string('0', 64))).ShouldBe(1);
        (await MatrixFiles.RunAsync("check", file)).ExitCode.ShouldBe(1);
        (await SignAsync(file, "finance", "Finn", "--sha256", sha256)).ShouldBe(0);

        var (exitCode, result) = await MatrixFiles.RunAsync("check", file);
        exitCode.ShouldBe(0);
        result.GetProperty("sign_off").EnumerateArray().Select(each => each.GetProperty("by").GetString()).ShouldBe(["Edda", "Finn"]);
        (await File.ReadAllTextAsync(file)).ShouldStartWith(before);
        File.Exists(file + ".new").ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_not_good_is_not_signed()
    {
        var file = await MatrixFiles.WriteAsync("events: []\n");

        (await SignAsync(file, "finance", "Finn")).ShouldBe(1);

        (await File.ReadAllTextAsync(file)).ShouldBe("events: []\n");
    }

    [Theory]
    [InlineData("--role", "legal", "--by", "A")]
    [InlineData("--role", "finance", "--by", " ")]
    [InlineData("--role", "finance")]
    public async Task A_signature_needs_a_role_and_a_name(params string[] options) =>
        (await Stockctl.RunAsync(["matrix", "sign", MatrixFiles.DeductAtSettlement, .. options])).ExitCode.ShouldBe(2);

    [Fact]
    public async Task The_same_rows_are_the_same_whoever_signed()
    {
        var (exitCode, result) = await MatrixFiles.RunAsync("diff", MatrixFiles.ReserveOnAuthorization, await MatrixFiles.DraftAsync());

        exitCode.ShouldBe(0);
        result.GetProperty("status").GetString().ShouldBe("same");
    }

    [Fact]
    public async Task What_changes_for_everyone_is_said_in_words()
    {
        var (exitCode, text, _) = await Stockctl.RunAsync("matrix", "diff", MatrixFiles.ReserveOnAuthorization, MatrixFiles.DeductAtSettlement);

        exitCode.ShouldBe(1);
        text.Split('\n')[..4].ShouldBe(
            [
                "capture-succeeded: commits the order's units now; after the change it reserves the order's units",
                "    for every tenant: all SKUs",
                "settlement-confirmed: is for the record only now; after the change it commits the order's units",
                "    for every tenant: all SKUs",
            ]);
    }

    [Fact]
    public async Task What_changes_for_some_is_said_with_whom()
    {
        var before = await MatrixFiles.DraftAsync("release_windows: {card: 7d}\nsku_classes: [{name: teas, skus: [tea-*]}]\n");
        var after = await MatrixFiles.DraftAsync(
            """
            release_windows: {default: 7d, card: 5d}
            sku_classes: [{name: teas, skus: [tea-*, chai]}]
            overrides:
              - name: acme-teas
                tenants: [acme, globex]
                sku_classes: [teas]
                events:
                  - {event: auth-created, inventory_action: None, ledger_action: none, finality: provisional, reversal: auth-voided, exception_path: payments-operations/authorized-not-available, owner: tea team}

            """);

        var (exitCode, text, _) = await Stockctl.RunAsync("matrix", "diff", before, after);

        exitCode.ShouldBe(1);
        text.TrimEnd().Split('\n')[..^1].ShouldBe(
            [
                "SKU chai: in no class now; after the change in class teas",
                "auth-created: reserves the order's units now; after the change it is for the record only",
                "    for tenant acme, tenant globex: SKUs of teas, chai",
                "auth-created: ledger_action is exposure now; after the change none",
                "    for tenant acme, tenant globex: SKUs of teas, chai",
                "auth-created: owner is checkout now; after the change tea team",
                "    for tenant acme, tenant globex: SKUs of teas, chai",
                "an uncaptured authorization by card: held 7 d now; after the change 5 d",
                "    for every tenant: all SKUs",
                "an uncaptured authorization: held as long as the server's standard says now; after the change 7 d",
                "    for every tenant: all SKUs",
            ]);
    }

    private static async Task<int> SignAsync(string file, string role, string by, params string[] more) =>
        (await MatrixFiles.RunAsync(["sign", file, "--role", role, "--by", by, .. more])).ExitCode;
}
