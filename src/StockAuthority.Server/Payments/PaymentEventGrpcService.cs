using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Payments;

/// <summary>Payment events over gRPC.</summary>
internal sealed partial class PaymentEventGrpcService(StockLedger ledger, [FromKeyedServices(DataSources.Reads)] NpgsqlDataSource reads)
    : PaymentEventService.PaymentEventServiceBase
{
    private const int StandardPageSize = 100;
    private const int MaximumPageSize = 500;

    public override Task<ApplyPaymentEventResponse> ApplyPaymentEvent(ApplyPaymentEventRequest request, ServerCallContext context) =>
        ledger.SubmitAsync(request.TenantId, request.IdempotencyKey, PaymentRequests.Read(request), request, context.CancellationToken)
            .ReadAsync<ApplyPaymentEventResponse>(context);

    public override async Task<ListPaymentEventsResponse> ListPaymentEvents(ListPaymentEventsRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        var tenantId = fields.Tenant(request.TenantId);
        var orderRef = fields.Optional("order_ref", request.OrderRef);
        var paymentObjectId = fields.Optional("payment_object_id", request.PaymentObjectId);
        var pageSize = fields.PageSize(request.PageSize, StandardPageSize, MaximumPageSize);
        var afterNumber = fields.PageToken(request.PageToken);
        fields.Known("resolution", request.Resolution);
        fields.ThrowIfAny();

        await using var command = reads.CreateCommand(ListSql);
        command.Parameters.Add(Sql.Text(tenantId));
        command.Parameters.Add(Sql.Number((long)request.Resolution));
        command.Parameters.Add(Sql.OptionalText(orderRef));
        command.Parameters.Add(Sql.OptionalText(paymentObjectId));
        command.Parameters.Add(Sql.Number(afterNumber));
        command.Parameters.Add(Sql.Number(pageSize + 1));
        await using var reader = await command.ExecuteReaderAsync(context.CancellationToken);

        var response = new ListPaymentEventsResponse();
        var lastNumber = afterNumber;
        while (await reader.ReadAsync(context.CancellationToken))
        {
            if (response.PaymentEvents.Count == pageSize)
            {
                response.NextPageToken = lastNumber.ToString(CultureInfo.InvariantCulture);
                break;
            }

            lastNumber = reader.GetInt64(0);
            response.PaymentEvents.Add(ReadEvent(reader));
        }

        return response;
    }

    private static RecordedPaymentEvent ReadEvent(NpgsqlDataReader row)
    {
        var recorded = new RecordedPaymentEvent
        {
            Event = ApplyPaymentEventRequest.Parser.ParseFrom(row.GetFieldValue<byte[]>(1)).Event,
            Resolution = (Resolution)row.GetInt16(2),
            Reason = row.GetString(3),
            MissingFields = { row.GetFieldValue<string[]>(4) },
            OrderRef = row.IsDBNull(5) ? "" : row.GetString(5),
            FirstSequence = row.GetInt64(6),
            LastSequence = row.GetInt64(7),
            ReceiveTime = row.GetFieldValue<DateTimeOffset>(8).ToTimestamp(),
            ResolveTime = row.GetFieldValue<DateTimeOffset>(9).ToTimestamp(),
            MatrixVersion = row.GetString(10),
            ExtraDeliveryCount = row.GetInt64(11),
        };
        var keys = row.GetFieldValue<string[]>(12);
        var times = row.GetFieldValue<DateTime[]>(13);
        for (var index = 0; index < keys.Length; index++)
        {
            recorded.ExtraDeliveries.Add(new ExtraDelivery
            {
                IdempotencyKey = keys[index],
                ReceiveTime = Timestamp.FromDateTime(times[index]),
                Reason = Core.Payments.ResolutionReason.DuplicateDelivery,
            });
        }

        return recorded;
    }
}
