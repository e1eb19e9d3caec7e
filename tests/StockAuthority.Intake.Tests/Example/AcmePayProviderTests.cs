using System.Net;
using System.Text;
using Shouldly;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests.Example;

public sealed class AcmePayProviderTests(InboxDatabase databases)
{
    private const string Captured = """{"id":"e-1","type":"payment.captured","at":1700000000,"payment":"p-1","order":"order-1","amount":1000,"currency":"eur"}""";

    [Fact]
    public async Task A_provider_is_one_folder_and_one_registration()
    {
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), port, more: AcmePayProvider.Read);

        (await PostAsync(intake, Captured, "acme-secret")).ShouldBe(HttpStatusCode.NoContent);
        (await PostAsync(intake, Captured, "another secret")).ShouldBe(HttpStatusCode.Unauthorized);
        await intake.EventuallyCountAsync("status = 'dispatched' AND provider = 'acmepay'", 1);

        var sent = authority.Calls.Requests.ShouldHaveSingleItem().Event;
        (sent.EventType, sent.Provider, sent.OrderRef, sent.ProviderEventId).ShouldBe((PaymentEventType.CaptureSucceeded, "acmepay", "order-1", "e-1"));
    }

    [Fact]
    public async Task A_translation_that_throws_parks_its_event_by_name_and_a_replay_translates_it_again()
    {
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), port, more: AcmePayProvider.Read);

        // Half of a surrogate pair: the example does not expect what System.Text.Json throws for it.
        (await PostAsync(intake, "{\"id\":\"\\ud800\"}", "acme-secret")).ShouldBe(HttpStatusCode.NoContent);
        await intake.EventuallyCountAsync("status = 'dispatched'", 1);
        var parked = authority.Calls.Requests.ShouldHaveSingleItem();
        parked.Event.EventType.ShouldBe(PaymentEventType.Unreadable);
        parked.Event.Problems.ShouldHaveSingleItem().ShouldBe("the translation failed with InvalidOperationException");

        var id = await intake.ReadAsync<Guid>("SELECT inbox_id FROM inbox");
        using var output = new StringWriter();
        (await IntakeApplication.RunAsync(["replay", id.ToString(), .. RunningIntake.Arguments(intake.Database.ConnectionString, port)], output, output)).ShouldBe(0);
        await intake.EventuallyCountAsync("status = 'dispatched' AND replay_count = 1", 1);
        authority.Calls.Requests.Select(request => request.IdempotencyKey).ShouldBe([parked.IdempotencyKey, parked.IdempotencyKey + ":replay-1"]);
        authority.Calls.Requests.ShouldAllBe(request => request.Event.Equals(parked.Event));
    }

    [Fact]
    public async Task A_replay_that_names_no_row_says_what_it_needs()
    {
        using var output = new StringWriter();
        (await IntakeApplication.RunAsync(["replay", "not-an-id"], output, output)).ShouldBe(1);
        output.ToString().ShouldContain("replay <inbox id>");
    }

    private static async Task<HttpStatusCode> PostAsync(RunningIntake intake, string text, string secret)
    {
        var body = Encoding.UTF8.GetBytes(text);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/webhooks/acmepay/shop", UriKind.Relative)) { Content = new ByteArrayContent(body) };
        request.Headers.Add(AcmePayProvider.SignatureHeader, AcmePayProvider.Sign(body, secret));
        using var response = await intake.Http.SendAsync(request);
        return response.StatusCode;
    }
}
