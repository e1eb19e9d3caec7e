using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;
using StockAuthority.Core.Exceptions;
using StockAuthority.Core.Inventory;
using StockAuthority.Operations.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;
using ExceptionKind = StockAuthority.Operations.V1.ExceptionKind;

namespace StockAuthority.Server.Exceptions;

/// <summary>Cases that whoever runs a channel opens and closes. They are repeated without keys: the cause is the key.</summary>
internal sealed partial class ExceptionReports(
    [FromKeyedServices(DataSources.Reads)] NpgsqlDataSource database,
    IOptions<ExceptionOptions> options,
    TimeProvider time)
{
    public async Task<ReportExceptionResponse> ReportAsync(ReportExceptionRequest request, ServerCallContext context)
    {
        var now = time.GetUtcNow().ToDatabasePrecision();
        ExceptionRequests.Check(request, now);
        var kind = (Core.Exceptions.ExceptionKind)request.Kind;
        var cause = ExceptionCause.OfReport(kind, request.Channel, request.Sku, request.LocationId, request.Reference);
        var observedAt = request.Evidence.ObserveTime.ToDateTimeOffset().ToDatabasePrecision();
        await using var over = database.CreateCommand(OverSql);
        over.Parameters.Add(Sql.Text(cause.Key));
        over.Parameters.Add(Sql.Text(request.TenantId));
        over.Parameters.Add(Sql.Time(observedAt));
        if (await ReadAsync(over, context.CancellationToken) is { } closed)
        {
            return new ReportExceptionResponse { ExceptionCase = closed };
        }

        var caseId = ExceptionIds.New();
        await using var report = database.CreateCommand(ReportSql);
        report.Parameters.Add(Sql.Text(caseId));
        report.Parameters.Add(Sql.Text(request.TenantId));
        report.Parameters.Add(Sql.Text(cause.Key));
        report.Parameters.Add(Sql.Number((long)request.Kind));
        report.Parameters.Add(Sql.Text(request.Reason));
        report.Parameters.Add(Sql.Text(request.Kind == ExceptionKind.PostingRefused ? OwnerLanes.Finance : OwnerLanes.Channels));
        report.Parameters.Add(Sql.Time(now));
        report.Parameters.Add(Sql.Time(now + options.Value.DeadlineOf(kind)));
        report.Parameters.Add(Sql.Text(request.Channel));
        report.Parameters.Add(Sql.OptionalText(OrNull(request.OrderRef)));
        report.Parameters.Add(Sql.OptionalText(OrNull(request.Sku)));
        report.Parameters.Add(Sql.OptionalText(OrNull(request.LocationId)));
        report.Parameters.Add(Sql.OptionalText(OrNull(request.Reference)));
        report.Parameters.Add(Sql.Time(observedAt));
        report.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = (await SnapshotAsync(request, context.CancellationToken)).ToByteArray() });
        report.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = ExceptionRequests.Bounded(request.Evidence).ToByteArray() });
        report.Parameters.Add(Sql.OptionalText(Caller.Of(context)?.Subject));
        var reported = await ReadAsync(report, context.CancellationToken) ?? throw Errors.UnknownTenant(request.TenantId).ToRpcException();
        return new ReportExceptionResponse { ExceptionCase = reported, Opened = reported.CaseId == caseId };
    }

    public async Task<ReportExceptionMendedResponse> MendedAsync(ReportExceptionMendedRequest request, ServerCallContext context)
    {
        var now = time.GetUtcNow().ToDatabasePrecision();
        ExceptionRequests.Check(request, now);
        var cause = ExceptionCause.OfReport((Core.Exceptions.ExceptionKind)request.Kind, request.Channel, request.Sku, request.LocationId, request.Reference);
        await using var command = database.CreateCommand(MendedSql);
        command.Parameters.Add(Sql.Text(cause.Key));
        command.Parameters.Add(Sql.Text(request.TenantId));
        command.Parameters.Add(Sql.Time(request.ObserveTime.ToDateTimeOffset().ToDatabasePrecision()));
        command.Parameters.Add(Sql.Time(now));
        command.Parameters.Add(Sql.OptionalText(Caller.Of(context)?.Subject));
        command.Parameters.Add(Sql.Text(request.Comment.Length == 0 ? "MENDED_BY_REPORTER" : $"MENDED_BY_REPORTER: {request.Comment}"));
        return new ReportExceptionMendedResponse { ExceptionCase = await ReadAsync(command, context.CancellationToken) };
    }

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private static async Task<ExceptionCase?> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ExceptionCaseRow.Read(reader) : null;
    }

    /// <summary>The level that it is about, as it is now.</summary>
    private async Task<ExceptionDetails> SnapshotAsync(ReportExceptionRequest request, CancellationToken cancellationToken)
    {
        var snapshot = new ExceptionDetails();
        if (request.Sku.Length == 0 || request.LocationId.Length == 0)
        {
            return snapshot;
        }

        await using var command = database.CreateCommand(LevelSql);
        command.Parameters.Add(Sql.Text(request.Sku));
        command.Parameters.Add(Sql.Text(request.LocationId));
        command.Parameters.Add(Sql.Text(request.TenantId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (await reader.ReadAsync(cancellationToken))
        {
            snapshot.StockSnapshot.Add(StockMessages.Level(LevelRow.Read(reader, new StockKey(request.Sku, request.LocationId), 0)));
        }

        return snapshot;
    }
}
