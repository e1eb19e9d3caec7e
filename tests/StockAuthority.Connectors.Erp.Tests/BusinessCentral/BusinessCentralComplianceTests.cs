using System.Text.Json.Nodes;
using Shouldly;
using StockAuthority.Connectors.Erp.Tests.Compliance;
using StockAuthority.Connectors.Erp.Tests.Hosts;
using StockAuthority.DevHost.Processes;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Connectors.Erp.Tests.BusinessCentral;

/// <summary>Against a simulator of Business Central's published API.</summary>
public sealed class BusinessCentralComplianceTests(AuthorityStand authority, TestPostgres databases) : JournalChannelCompliance(authority, databases), IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private BusinessCentralStand? _central;

    private protected override int FaultyRounds => 7;

    private BusinessCentralStand Central => _central!;

    private protected override async Task<IErpStand> ErpAsync(TestPostgres databases) => _central ??= await BusinessCentralStand.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_central is not null)
        {
            await _central.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("KWD", 1250, "1.250")]
    [InlineData("JPY", 1250, "1250")]
    public async Task Amounts_are_in_the_company_s_currency_with_its_decimals(string currency, long minorUnits, string amount)
    {
        var (_, books) = await StartAsync();
        Central.Setup["currency_code"] = currency;
        await Central.SetUpAsync();
        await books.PayAsync(PaymentEventType.CaptureSucceeded, "pi-1", "order-1", minorUnits, currency);

        await ConnectorPrograms.RunAsync(await ConnectorAsync(Central, books), books.WaitAsync);

        var entries = (await Central.BooksAsync())["general_ledger_entries"]!.AsArray();
        entries.Select(entry => (entry!["accountNumber"]!.ToString(), entry["debitAmount"]!.ToString(), entry["creditAmount"]!.ToString())).ShouldBe(
            [("1200", amount, "0"), ("4000", "0", amount)]);
        entries[0]!["documentNumber"]!.ToString().ShouldBe("SAI1");
    }

    [Fact]
    public async Task A_blocked_account_refuses_one_document_and_leaves_no_lines_for_people_to_post()
    {
        var (_, books) = await StartAsync();
        Central.Setup["blocked_accounts"] = new JsonArray("4100");
        await Central.SetUpAsync();
        await books.PayAsync(PaymentEventType.CaptureSucceeded, "pi-1", "order-1", 500);
        await books.PayAsync(PaymentEventType.RefundPosted, "pi-1", "order-1", 500);
        await books.PayAsync(PaymentEventType.CaptureSucceeded, "pi-2", "order-2", 700);

        await ConnectorPrograms.RunAsync(await ConnectorAsync(Central, books), books.WaitAsync);

        (await Central.AmountsAsync(books.Tenant)).Sum(each => each.Debit).ShouldBe(12.00m);
        var refused = (await books.CasesAsync()).Single();
        refused.Reason.ShouldBe("Application_FieldValidationException");
        var evidence = (await books.CaseAsync(refused.CaseId)).ExceptionDetails.Evidence;
        evidence.Request.ShouldContain("\"accountNumber\":\"4100\"");
        evidence.Response.ShouldContain("Blocked must be equal to 'No'");
        (await Central.BooksAsync())["journal_lines"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_revoked_token_is_asked_for_again()
    {
        var (_, books) = await StartAsync();
        var connector = await TestWorkspace.StartAsync(await ConnectorAsync(Central, books));
        await books.AdjustAsync("mug", 1);
        await books.WaitAsync();

        await Central.RevokeTokensAsync();
        await books.AdjustAsync("mug", 1);
        await books.WaitAsync();

        await TestWorkspace.StopAsync(connector, Grace);
        (await Central.GoodsAsync(books.Tenant)).Count.ShouldBe(2);
        (await Central.BooksAsync())["tokens_granted"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public async Task A_wrong_secret_keeps_everything_waiting_and_is_not_logged()
    {
        const string wrong = "not-this-one";
        var (_, books) = await StartAsync();
        await books.AdjustAsync("mug", 1);
        var program = await ConnectorAsync(Central, books);
        var connector = ChildProcess.Start(With(program, "BusinessCentral__ClientSecret", wrong));
        await Eventually.Holds(async () => File.Exists(program.LogFile) && (await File.ReadAllTextAsync(program.LogFile)).Contains("invalid_client", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        connector.HasExited.ShouldBeFalse();
        await connector.KillAsync();
        await connector.DisposeAsync();
        (await File.ReadAllTextAsync(program.LogFile, TestContext.Current.CancellationToken)).ShouldNotContain(wrong);

        await ConnectorPrograms.RunAsync(program, books.WaitAsync);

        (await Central.GoodsAsync(books.Tenant)).Count.ShouldBe(1);
        (await books.CasesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_posted_is_found_through_pages_and_behind_late_replicas()
    {
        var (_, books) = await StartAsync();
        Central.Setup["page_size"] = 3;
        await Central.SetUpAsync();
        for (var change = 0; change < 8; change++)
        {
            await books.AdjustAsync("mug", 1 + change);
        }

        // Replicas show nothing of what happens now; the answer to the posting is lost.
        await Central.FaultAsync(new JsonObject { ["read_lag_milliseconds"] = 600_000, ["status"] = 503, ["after_apply"] = true, ["count"] = 1, ["where"] = "Microsoft.NAV.post" });
        await ConnectorPrograms.RunAsync(await ConnectorAsync(Central, books), books.WaitAsync);

        var goods = await Central.GoodsAsync(books.Tenant);
        goods.Count.ShouldBe(8);
        (await books.ListPostingsAsync()).Select(each => (each.Origin, each.DocumentId)).ShouldBe(goods.Select(each => (each.Origin, each.Document)), ignoreOrder: true);
    }

    [Fact]
    public async Task A_document_number_of_somebody_else_is_a_case()
    {
        var (_, books) = await StartAsync();
        await books.AdjustAsync("mug", 1);
        await ConnectorPrograms.RunAsync(await ConnectorAsync(Central, books), books.WaitAsync);

        // Another tenant in the same company, with the same prefix.
        var (_, others) = await StartAsync();
        await others.AdjustAsync("mug", 1);
        await others.AdjustAsync("mug", 1);
        await ConnectorPrograms.RunAsync(await ConnectorAsync(Central, others), others.WaitAsync);

        (await Central.GoodsAsync(books.Tenant)).Count.ShouldBe(1);
        (await Central.GoodsAsync(others.Tenant)).Single().Origin.ShouldBe("movement/2");
        var taken = (await others.CasesAsync()).Single();
        (taken.Reference, taken.Reason).ShouldBe(("movement/1", "DOCUMENT_NUMBER_TAKEN"));
    }

    [Fact]
    public async Task Without_the_extension_it_says_so_at_the_start()
    {
        var (_, books) = await StartAsync();
        Central.Setup["has_extension"] = false;
        await Central.SetUpAsync();
        var program = await ConnectorAsync(Central, books);
        var child = ChildProcess.Start(program);
        await Eventually.Holds(() => child.HasExited, TimeSpan.FromSeconds(60));

        child.ExitCode.ShouldBe(1);
        (await File.ReadAllTextAsync(program.LogFile, TestContext.Current.CancellationToken)).ShouldContain("extension that publishes item journals");
        await child.DisposeAsync();
    }
}
