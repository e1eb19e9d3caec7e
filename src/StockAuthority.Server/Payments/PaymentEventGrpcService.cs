using System.Globalization;
using Google.Rpc;
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

    public override Task<ApplyPaymentEventResponse> ApplyPaymentEvent(ApplyPaymentEventRequest request, ServerCallContext context)
    {
        var command = PaymentRequests.Read(request);

        // An attempt of a version that did not tell it yet is the same request.
        request.ReceiveTime = null;
        return ledger.SubmitAsync(request.TenantId, request.IdempotencyKey, command, request, context.CancellationToken).ReadAsync<ApplyPaymentEventResponse>(context);
    }

    public override async Task<GetPaymentResponse> GetPayment(GetPaymentRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        var tenantId = fields.Tenant(request.TenantId);
        fields.Text("provider", request.Provider);
        fields.Text("account", request.Account);
        fields.Text("payment_object_id", request.PaymentObjectId);
        fields.ThrowIfAny();

        var events = await RecordedEventReads.ReadAsync(PaymentCommand(EventsOfPaymentSql, request, Sql.Number(MaximumPageSize)), context.CancellationToken);
        await new RecordedEventReads(reads, tenantId).CompleteAsync([.. events.Select(each => each.Message)], withMovements: true, context.CancellationToken);
        await using var command = PaymentCommand(PaymentSql, request);
        await using var reader = await command.ExecuteReaderAsync(context.CancellationToken);
        return await reader.ReadAsync(context.CancellationToken)
            ? new GetPaymentResponse
            {
                Payment = PaymentRow.Read(reader, events),
                Events = { events.Select(each => each.Message) },
            }
            : throw Errors.Status(
                Code.NotFound,
                "PAYMENT_NOT_FOUND",
                $"Nothing is known of a payment '{request.PaymentObjectId}' of account '{request.Account}' at '{request.Provider}'.",
                ("payment_object_id", request.PaymentObjectId)).ToRpcException();
    }

    public override async Task<TraceOrderResponse> TraceOrder(TraceOrderRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        var tenantId = fields.Tenant(request.TenantId);
        var orderRef = fields.Text("order_ref", request.OrderRef);
        var from = request.PageToken.Length == 0 ? null : OrderTrace.Place.Parse(request.PageToken);
        if (request.PageToken.Length > 0 && from is null)
        {
            fields.Add("page_token", "INVALID_PAGE_TOKEN", "is not a token that this call gave");
        }

        fields.ThrowIfAny();
        return await new OrderTrace(reads, tenantId, orderRef).ReadAsync(from, context.CancellationToken);
    }

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

        var command = reads.CreateCommand(ListSql);
        command.Parameters.Add(Sql.Text(tenantId));
        command.Parameters.Add(Sql.Number((long)request.Resolution));
        command.Parameters.Add(Sql.OptionalText(orderRef));
        command.Parameters.Add(Sql.OptionalText(paymentObjectId));
        command.Parameters.Add(Sql.Number(afterNumber));
        command.Parameters.Add(Sql.Number(pageSize + 1));
        var events = await RecordedEventReads.ReadAsync(command, context.CancellationToken);
        var page = events.Take(pageSize).ToList();
        var response = new ListPaymentEventsResponse
        {
            PaymentEvents = { page.Select(each => each.Message) },
            NextPageToken = events.Count > pageSize ? page[^1].Number.ToString(CultureInfo.InvariantCulture) : "",
        };
        await new RecordedEventReads(reads, tenantId).CompleteAsync(response.PaymentEvents, withMovements: true, context.CancellationToken);
        return response;
    }

    private NpgsqlCommand PaymentCommand(string sql, GetPaymentRequest request, params ReadOnlySpan<NpgsqlParameter> more)
    {
        var command = reads.CreateCommand(sql);
        command.Parameters.Add(Sql.Text(request.TenantId));
        command.Parameters.Add(Sql.Text(request.Provider));
        command.Parameters.Add(Sql.Text(request.Account));
        command.Parameters.Add(Sql.Text(request.PaymentObjectId));
        foreach (var parameter in more)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
