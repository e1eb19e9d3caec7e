using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Shouldly;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests.Adyen;

public sealed class AdyenSettlementTests(InboxDatabase databases)
{
    private const string Name = "settlement_detail_report_batch_7.csv";
    private const string Header = "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Net Currency,Batch Number\n";

    [Fact]
    public async Task Each_settled_line_of_the_report_is_one_settlement_confirmed_with_its_line_as_reference()
    {
        var sent = await SentAsync(Header + Line("P1", "Settled", "12.34") + Line("P2", "Settled", "500", "JPY") + Line("P1", "Refunded", "") + Line("", "MerchantPayout", "17.34"), 5);
        sent.Where(each => each.EventType == PaymentEventType.SettlementConfirmed)
            .Select(each => (each.PaymentObjectId, each.ModificationRef, each.ProviderEventId, each.Amount))
            .ShouldBe(
                [
                    ("P1", $"{Name}:2", $"{Name}:2", new Money { Currency = "EUR", MinorUnits = 1234 }),
                    ("P2", $"{Name}:3", $"{Name}:3", new Money { Currency = "JPY", MinorUnits = 500 }),
                ],
                ignoreOrder: true);
        sent.Count(each => each.EventType == PaymentEventType.Unknown).ShouldBe(3);
    }

    [Fact]
    public async Task A_report_that_breaks_off_is_gone_on_with_and_no_line_is_taken_twice()
    {
        var lines = string.Concat(Enumerable.Range(0, 1300).Select(number => Line(string.Create(CultureInfo.InvariantCulture, $"P{number}"), "Settled", "1.00")));
        var sent = await SentAsync(Header + lines, 1301, breaksOffOnceAfter: 700 * 40);
        sent.Where(each => each.EventType == PaymentEventType.SettlementConfirmed).Select(each => each.PaymentObjectId).Distinct().Count().ShouldBe(1300);
        sent.Count.ShouldBe(1301);
    }

    [Theory]
    [InlineData("12.345", "EUR")]
    [InlineData("-1.00", "EUR")]
    [InlineData("1.5", "JPY")]
    [InlineData("1e3", "EUR")]
    public async Task A_line_with_an_amount_that_cannot_be_is_parked_alone(string amount, string currency)
    {
        var sent = await SentAsync(Header + Line("P1", "Settled", amount, currency) + Line("P2", "Settled", "1.00"), 3);
        sent.Single(each => each.EventType == PaymentEventType.Unreadable).Problems.ShouldHaveSingleItem().ShouldContain("Gross Credit");
        sent.Count(each => each.EventType == PaymentEventType.SettlementConfirmed).ShouldBe(1);
    }

    [Fact]
    public async Task A_line_of_another_merchant_account_is_parked()
    {
        var sent = await SentAsync(Header + Line("P1", "Settled", "1.00").Replace(AdyenBodies.MerchantAccount, "OtherShop", StringComparison.Ordinal), 2);
        sent.Single(each => each.EventType == PaymentEventType.Unreadable).Problems.ShouldHaveSingleItem().ShouldContain("Merchant Account");
    }

    [Fact]
    public async Task Another_report_is_a_no_op_and_is_not_fetched()
    {
        var told = (await SentAsync(Header, 1, "payments_accounting_report_2026_01_01.csv")).ShouldHaveSingleItem();
        told.EventType.ShouldBe(PaymentEventType.Unknown);
    }

    private static string Line(string psp, string type, string credit, string currency = "EUR") =>
        $"Company,{AdyenBodies.MerchantAccount},{psp},\"order, 1\",visa,2026-01-15 11:00:00,CET,{type},M1,{currency},,{credit},{currency},7\n";

    private async Task<IReadOnlyList<PaymentEvent>> SentAsync(string csv, int count, string name = Name, int breaksOffOnceAfter = 0)
    {
        await using var reports = await ReportServer.StartAsync(csv, breaksOffOnceAfter);
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await RunningIntake.StartAsync(
            await databases.CreateAsync(),
            port,
            settings: [$"--Adyen:ReportsBaseUrl={reports.Address}", $"--Adyen:Accounts:{RunningIntake.Account}:ReportUser=report@Company", $"--Adyen:Accounts:{RunningIntake.Account}:ReportPassword=secret"]);

        // The address in the webhook is not signed, so it must not matter.
        using var response = await intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(
            AdyenBodies.Item("REPORT_AVAILABLE", psp: name, value: 0, merchantReference: "", reason: "https://evil.example/report.csv"))));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await intake.EventuallyCountAsync("status = 'dispatched'", count);
        reports.Paths.ShouldAllBe(path => path == $"/reports/download/MerchantAccount/{AdyenBodies.MerchantAccount}/{Name}");
        return [.. authority.Calls.Requests.Select(request => request.Event)];
    }

    /// <summary>Where Adyen keeps an account's reports, on 127.0.0.1.</summary>
    private sealed class ReportServer(WebApplication application, List<string> paths) : IAsyncDisposable
    {
        public Uri Address => new(application.Urls.Single());

        public IReadOnlyList<string> Paths => paths;

        public static async Task<ReportServer> StartAsync(string csv, int breaksOffOnceAfter)
        {
            var paths = new List<string>();
            var content = Encoding.UTF8.GetBytes(csv);
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            var application = builder.Build();
            application.Run(async context =>
            {
                paths.Add(context.Request.Path);
                if (context.Request.Headers.Authorization != "Basic " + Convert.ToBase64String("report@Company:secret"u8))
                {
                    context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                    return;
                }

                if (breaksOffOnceAfter > 0 && paths.Count == 1)
                {
                    await context.Response.Body.WriteAsync(content.AsMemory(0, breaksOffOnceAfter));
                    await context.Response.Body.FlushAsync();
                    context.Abort();
                    return;
                }

                await context.Response.Body.WriteAsync(content);
            });
            await application.StartAsync();
            return new ReportServer(application, paths);
        }

        public async ValueTask DisposeAsync()
        {
            await application.StopAsync();
            await application.DisposeAsync();
        }
    }
}
