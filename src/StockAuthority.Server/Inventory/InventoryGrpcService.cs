using System.Globalization;
using Grpc.Core;
using Npgsql;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Availability;
using StockAuthority.Server.Channels;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>Stock over gRPC.</summary>
internal sealed partial class InventoryGrpcService(
    StockLedger ledger,
    Admission admission,
    AvailabilityReader availability,
    ChannelConfirmations confirmations,
    [FromKeyedServices(DataSources.Reads)] NpgsqlDataSource reads,
    [FromKeyedServices(DataSources.Journal)] NpgsqlDataSource journal) : InventoryService.InventoryServiceBase
{
    private const int StandardPageSize = 100;
    private const int MaximumPageSize = 500;

    /// <summary>How much of the journal one page of a filtered list may look through.</summary>
    private const int MaximumScan = 20_000;

    public override Task<ReserveResponse> Reserve(ReserveRequest request, ServerCallContext context) =>
        request.ConfirmChannels.Count > 0 || request.ConfirmTimeout is not null ? ReserveAndWaitAsync(request, context) : ReserveOnlyAsync(request, context);

    private Task<ReserveResponse> ReserveOnlyAsync(ReserveRequest request, ServerCallContext context) =>
        ledger.SubmitAsync(request.TenantId, request.IdempotencyKey, StockRequests.Read(request), request, context.CancellationToken)
            .ReadAsync<ReserveResponse>(context);

    /// <summary>The wait is no part of the command: neither of what its key stands for nor of the stored answer.</summary>
    private async Task<ReserveResponse> ReserveAndWaitAsync(ReserveRequest request, ServerCallContext context)
    {
        var limit = StockRequests.Confirmation(request);
        var command = request.Clone();
        command.ConfirmChannels.Clear();
        command.ConfirmTimeout = null;
        var response = (await ReserveOnlyAsync(command, context)).Clone();
        response.ChannelConfirmations.AddRange(
            await confirmations.WaitAsync(request.TenantId, request.ConfirmChannels, response.Sequence, limit, context.CancellationToken));
        return response;
    }

    public override Task<ExtendReservationResponse> ExtendReservation(ExtendReservationRequest request, ServerCallContext context) =>
        ledger.SubmitAsync(request.TenantId, request.IdempotencyKey, StockRequests.Read(request), request, context.CancellationToken)
            .ReadAsync<ExtendReservationResponse>(context);

    public override Task<CommitResponse> Commit(CommitRequest request, ServerCallContext context) =>
        ledger.SubmitAsync(request.TenantId, request.IdempotencyKey, StockRequests.Read(request), request, context.CancellationToken)
            .ReadAsync<CommitResponse>(context);

    public override Task<ReleaseResponse> Release(ReleaseRequest request, ServerCallContext context) =>
        ledger.SubmitAsync(request.TenantId, request.IdempotencyKey, StockRequests.Read(request), request, context.CancellationToken)
            .ReadAsync<ReleaseResponse>(context);

    public override Task<FulfillResponse> Fulfill(FulfillRequest request, ServerCallContext context) =>
        ledger.SubmitAsync(request.TenantId, request.IdempotencyKey, StockRequests.Read(request), request, context.CancellationToken)
            .ReadAsync<FulfillResponse>(context);

    public override Task<AdjustResponse> Adjust(AdjustRequest request, ServerCallContext context) =>
        ledger.SubmitAsync(request.TenantId, request.IdempotencyKey, StockRequests.Read(request), request, context.CancellationToken)
            .ReadAsync<AdjustResponse>(context);

    public override Task Execute(IAsyncStreamReader<ExecuteRequest> requestStream, IServerStreamWriter<ExecuteResponse> responseStream, ServerCallContext context) =>
        new ExecuteStream(ledger, admission, Caller.Of(context)!, responseStream, context.CancellationToken).RunAsync(requestStream);

    public override Task<SetLevelsResponse> SetLevels(SetLevelsRequest request, ServerCallContext context) =>
        ledger.SubmitAsync(request.TenantId, request.IdempotencyKey, CountRequests.Read(request), request, context.CancellationToken)
            .ReadAsync<SetLevelsResponse>(context);

    public override Task<ReceiveReturnResponse> ReceiveReturn(ReceiveReturnRequest request, ServerCallContext context) =>
        ledger.SubmitAsync(request.TenantId, request.IdempotencyKey, ReturnRequests.Read(request), request, context.CancellationToken)
            .ReadAsync<ReceiveReturnResponse>(context);

    public override Task<InspectReturnResponse> InspectReturn(InspectReturnRequest request, ServerCallContext context) =>
        ledger.SubmitAsync(request.TenantId, request.IdempotencyKey, ReturnRequests.Read(request), request, context.CancellationToken)
            .ReadAsync<InspectReturnResponse>(context);

    public override Task<DispatchTransferResponse> DispatchTransfer(DispatchTransferRequest request, ServerCallContext context) =>
        ledger.SubmitAsync(request.TenantId, request.IdempotencyKey, TransferRequests.Read(request), request, context.CancellationToken)
            .ReadAsync<DispatchTransferResponse>(context);

    public override Task<ReceiveTransferResponse> ReceiveTransfer(ReceiveTransferRequest request, ServerCallContext context) =>
        ledger.SubmitAsync(request.TenantId, request.IdempotencyKey, TransferRequests.Read(request), request, context.CancellationToken)
            .ReadAsync<ReceiveTransferResponse>(context);

    public override Task<GetAvailabilityResponse> GetAvailability(GetAvailabilityRequest request, ServerCallContext context) =>
        availability.GetAsync(request, context.CancellationToken);

    public override async Task<GetReservationResponse> GetReservation(GetReservationRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        var tenantId = fields.Tenant(request.TenantId);
        fields.Text("reservation_id", request.ReservationId);
        fields.ThrowIfAny();

        await using var command = reads.CreateCommand(GetReservationSql);
        command.Parameters.Add(Sql.Number(StockRequests.ReservationNumber(request.ReservationId)));
        command.Parameters.Add(Sql.Text(tenantId));
        await using var reader = await command.ExecuteReaderAsync(context.CancellationToken);
        return await reader.ReadAsync(context.CancellationToken)
            ? new GetReservationResponse { Reservation = StockMessages.Reservation(ReservationRow.Read(reader, 0)) }
            : throw StockAnswers.ReservationNotFound(request.ReservationId).ToRpcException();
    }

    public override async Task<GetTransferResponse> GetTransfer(GetTransferRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        var tenantId = fields.Tenant(request.TenantId);
        var transferId = fields.Text("transfer_id", request.TransferId);
        fields.ThrowIfAny();

        await using var command = reads.CreateCommand(GetTransferSql);
        command.Parameters.Add(Sql.Text(transferId));
        command.Parameters.Add(Sql.Text(tenantId));
        await using var reader = await command.ExecuteReaderAsync(context.CancellationToken);
        return await reader.ReadAsync(context.CancellationToken)
            ? new GetTransferResponse { Transfer = StockMessages.Transfer(TransferRow.Read(reader, 0)) }
            : throw StockAnswers.TransferNotFound(transferId).ToRpcException();
    }

    public override async Task<ListMovementsResponse> ListMovements(ListMovementsRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        var tenantId = fields.Tenant(request.TenantId);
        var sku = fields.Optional("sku", request.Sku);
        var locationId = fields.Optional("location_id", request.LocationId);
        var orderRef = fields.Optional("order_ref", request.OrderRef);
        fields.Optional("reservation_id", request.ReservationId);
        var pageSize = fields.PageSize(request.PageSize, StandardPageSize, MaximumPageSize);
        var after = fields.PageToken(request.PageToken);
        fields.ThrowIfAny();
        long? reservation = request.ReservationId.Length > 0 ? StockRequests.ReservationNumber(request.ReservationId) : null;

        await using var command = journal.CreateCommand(ListMovementsSql);
        command.Parameters.Add(Sql.Text(tenantId));
        command.Parameters.Add(Sql.Number(after));
        command.Parameters.Add(Sql.Number(MaximumScan));
        command.Parameters.Add(Sql.OptionalText(sku));
        command.Parameters.Add(Sql.OptionalText(locationId));
        command.Parameters.Add(Sql.OptionalText(orderRef));
        command.Parameters.Add(Sql.OptionalNumber(reservation));
        command.Parameters.Add(Sql.Number(pageSize));
        await using var reader = await command.ExecuteReaderAsync(context.CancellationToken);

        var response = new ListMovementsResponse();
        long head = 0;
        while (await reader.ReadAsync(context.CancellationToken))
        {
            head = reader.GetInt64(0);
            after = reader.GetInt64(1);
            if (!reader.IsDBNull(2))
            {
                response.Movements.Add(StockMessages.Movement(MovementRow.Read(reader, 2)));
            }
        }

        // A full page goes on after its last movement; one that the scan's bound ended, after that bound.
        var reached = response.Movements.Count == pageSize ? response.Movements[^1].Sequence : after + MaximumScan;
        response.NextPageToken = reached < head ? reached.ToString(CultureInfo.InvariantCulture) : "";
        return response;
    }
}
