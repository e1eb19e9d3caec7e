using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Shouldly;
using StockAuthority.Operations.V1;
using StockAuthority.Server.Tests.Inventory;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Exceptions;

/// <summary>Cases that whoever runs a channel reports.</summary>
public sealed class ReportedCaseTests(Ledger ledger) : IClassFixture<Ledger>
{
    private readonly Cases _cases = new(ledger);

    [Fact]
    public async Task Reports_of_one_cause_are_one_case_with_the_latest_evidence()
    {
        var (sku, channel) = (await ledger.OpenAsync(4), New("channel"));
        var first = await _cases.Service.ReportExceptionAsync(Report(channel, sku));
        var second = await _cases.Service.ReportExceptionAsync(Report(channel, sku, second: 20, response: "503"));
        var older = await _cases.Service.ReportExceptionAsync(Report(channel, sku, second: 10, response: "400"));
        var other = await _cases.Service.ReportExceptionAsync(Report(channel, sku, ExceptionKind.LevelRefused));

        (first.Opened, second.Opened, older.Opened, other.Opened).ShouldBe((true, false, false, true));
        (second.ExceptionCase.CaseId, older.ExceptionCase.OccurrenceCount).ShouldBe((first.ExceptionCase.CaseId, 3));
        var details = await _cases.GetAsync(first.ExceptionCase.CaseId);
        details.Evidence.Response.ShouldBe("503");
        details.StockSnapshot.Single().Available.ShouldBe(4);
        details.History.Count.ShouldBe(1);
        (details.ExceptionCase.OwnerLane, details.ExceptionCase.Channel, details.ExceptionCase.Sku, details.ExceptionCase.Reason).ShouldBe(("channels", channel, sku, "VALUE_DIFFERS"));
    }

    [Fact]
    public async Task Reports_at_once_are_one_case()
    {
        var (sku, channel) = (New("sku"), New("channel"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async second => await _cases.Service.ReportExceptionAsync(Report(channel, sku, second: second))));
        answers.Count(answer => answer.Opened).ShouldBe(1);
        answers.Select(answer => answer.ExceptionCase.CaseId).Distinct().Count().ShouldBe(1);
        answers.Max(answer => answer.ExceptionCase.OccurrenceCount).ShouldBe(20);
    }

    [Fact]
    public async Task What_its_reporter_calls_mended_is_resolved_and_a_report_from_before_does_not_open_it_again()
    {
        var (sku, channel) = (New("sku"), New("channel"));
        var reported = (await _cases.Service.ReportExceptionAsync(Report(channel, sku, second: 10))).ExceptionCase;
        (await _cases.Service.ReportExceptionMendedAsync(Mended(channel, sku, 5))).ExceptionCase.ShouldBeNull();

        var mended = (await _cases.Service.ReportExceptionMendedAsync(Mended(channel, sku, 20))).ExceptionCase;

        (mended.CaseId, mended.Status, mended.Disposition).ShouldBe((reported.CaseId, ExceptionStatus.Resolved, ExceptionDisposition.MendedByReporter));
        (await _cases.Service.ReportExceptionMendedAsync(Mended(channel, sku, 30))).ExceptionCase.ShouldBeNull();
        var late = await _cases.Service.ReportExceptionAsync(Report(channel, sku, second: 15));
        (late.Opened, late.ExceptionCase.CaseId).ShouldBe((false, reported.CaseId));
        var anew = await _cases.Service.ReportExceptionAsync(Report(channel, sku, second: 25));
        (anew.Opened, anew.ExceptionCase.CaseId == reported.CaseId).ShouldBe((true, false));
    }

    [Fact]
    public async Task A_replay_asks_the_reporter_for_another_try_until_it_reports_again()
    {
        var (sku, channel) = (New("sku"), New("channel"));
        var reported = (await _cases.Service.ReportExceptionAsync(Report(channel, sku))).ExceptionCase;

        var replayed = (await _cases.Service.ReplayExceptionsAsync(new ReplayExceptionsRequest { TenantId = Tenant, IdempotencyKey = New("key"), CaseIds = { reported.CaseId } })).Results.Single();

        replayed.Outcome.ShouldBe(ReplayOutcome.Requested);
        var asked = new ListExceptionsRequest { TenantId = Tenant, Channel = channel, ReplayRequested = true };
        (await _cases.Service.ListExceptionsAsync(asked)).Exceptions.Single().ReplayRequestTime.ShouldNotBeNull();
        var again = Report(channel, sku);
        again.Evidence.ObserveTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow());
        await _cases.Service.ReportExceptionAsync(again);
        (await _cases.Service.ListExceptionsAsync(asked)).Exceptions.ShouldBeEmpty();
    }

    [Fact]
    public async Task Long_evidence_is_cut_and_what_is_missing_is_named()
    {
        var report = Report(New("channel"), New("sku"));
        report.Evidence.Response = new string('r', 8191) + "\U0001F600 and more";
        var reported = (await _cases.Service.ReportExceptionAsync(report)).ExceptionCase;
        (await _cases.GetAsync(reported.CaseId)).Evidence.Response.ShouldBe(new string('r', 8191));

        var (code, info, _) = await RefusalAsync(_cases.Service.ReportExceptionAsync(new ReportExceptionRequest { TenantId = Tenant, Kind = ExceptionKind.Shortfall }));
        (code, info.Metadata["fields"]).ShouldBe((StatusCode.InvalidArgument, "kind,channel,reason,evidence.observe_time"));
        var unknown = Report(New("channel"), New("sku"));
        unknown.TenantId = New("tenant");
        using var channel = await ledger.Server.ChannelAsync();
        (await RefusalAsync(new ExceptionService.ExceptionServiceClient(channel).ReportExceptionAsync(unknown))).Info.Reason.ShouldBe("UNKNOWN_TENANT");
    }

    internal static ReportExceptionRequest Report(string channel, string sku, ExceptionKind kind = ExceptionKind.Drift, int second = 0, string response = "200") => new()
    {
        TenantId = Tenant,
        Kind = kind,
        Channel = channel,
        Sku = sku,
        LocationId = Ledger.Location,
        Reason = "VALUE_DIFFERS",
        Evidence = new ExceptionEvidence { Request = "GET", Response = response, Summary = "It shows 3.", ObserveTime = At(second) },
    };

    private static ReportExceptionMendedRequest Mended(string channel, string sku, int second) => new()
    {
        TenantId = Tenant,
        Kind = ExceptionKind.Drift,
        Channel = channel,
        Sku = sku,
        LocationId = Ledger.Location,
        ObserveTime = At(second),
    };

    private static Timestamp At(int second) => Timestamp.FromDateTimeOffset(Cases.Start.AddSeconds(second));
}
