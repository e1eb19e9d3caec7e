using Grpc.Core;
using Npgsql;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Infrastructure;
using StockKey = StockAuthority.Core.Inventory.StockKey;

namespace StockAuthority.Server.Inventory;

internal sealed partial class InventoryGrpcService
{
    /// <summary>How many reservations or sequences one page of a filtered list may look at.</summary>
    private const int MaximumReservationScan = 5_000;

    public override Task<ListReservationsResponse> ListReservations(ListReservationsRequest request, ServerCallContext context)
    {
        var filter = ReservationFilter.Read(request);
        return filter switch
        {
            { OrderRef: not null } or { PaymentObjectId: not null } => ListFoundAsync(filter, context.CancellationToken),
            { IsByExpiry: true } => ListByExpiryAsync(filter, context.CancellationToken),
            _ => ListNewestAsync(filter, context.CancellationToken),
        };
    }

    public override async Task<ListAvailabilityResponse> ListAvailability(ListAvailabilityRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        var tenantId = fields.Tenant(request.TenantId);
        var sku = fields.Text("sku", request.Sku);
        var pageSize = fields.PageSize(request.PageSize, StandardPageSize, MaximumPageSize);
        fields.Optional("page_token", request.PageToken);
        fields.ThrowIfAny();

        await using var command = reads.CreateCommand(ListAvailabilitySql);
        command.Parameters.Add(Sql.Text(tenantId));
        command.Parameters.Add(Sql.Text(sku));
        command.Parameters.Add(Sql.Text(request.PageToken));
        command.Parameters.Add(Sql.Number(pageSize + 1));
        await using var reader = await command.ExecuteReaderAsync(context.CancellationToken);
        var response = new ListAvailabilityResponse();
        while (await reader.ReadAsync(context.CancellationToken))
        {
            if (response.Levels.Count == pageSize)
            {
                response.NextPageToken = response.Levels[^1].LocationId;
                break;
            }

            response.Levels.Add(StockMessages.Level(LevelRow.Read(reader, new StockKey(sku, reader.GetString(0)), 1)));
            if (!reader.GetBoolean(10))
            {
                response.UnsellableLocationIds.Add(reader.GetString(0));
            }
        }

        return response;
    }

    /// <summary>Those of an order or a payment, which are few.</summary>
    private async Task<ListReservationsResponse> ListFoundAsync(ReservationFilter filter, CancellationToken cancellationToken)
    {
        await using var command = reads.CreateCommand(filter.OrderRef is null ? ListReservationsOfPaymentSql : ListReservationsOfOrderSql);
        command.Parameters.Add(Sql.Text(filter.TenantId));
        command.Parameters.Add(Sql.Text(filter.OrderRef ?? filter.PaymentObjectId!));
        command.Parameters.Add(Sql.Number(filter.Place.Below));
        if (filter.OrderRef is not null)
        {
            command.Parameters.Add(Sql.OptionalText(filter.PaymentObjectId));
        }

        command.Parameters.Add(Sql.OptionalText(filter.Sku));
        command.Parameters.Add(Sql.OptionalNumber(filter.State));
        command.Parameters.Add(Sql.OptionalTime(filter.ExpireBefore));
        command.Parameters.Add(Sql.Number(filter.PageSize + 1));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var response = new ListReservationsResponse();
        ReservationPlace last = default;
        while (await reader.ReadAsync(cancellationToken))
        {
            if (response.Reservations.Count == filter.PageSize)
            {
                response.NextPageToken = last.ToString();
                break;
            }

            last = Add(response, reader, 0);
        }

        return response;
    }

    /// <summary>Those that expire first.</summary>
    private async Task<ListReservationsResponse> ListByExpiryAsync(ReservationFilter filter, CancellationToken cancellationToken)
    {
        await using var command = reads.CreateCommand(ListReservationsByExpirySql);
        command.Parameters.Add(Sql.Text(filter.TenantId));
        command.Parameters.Add(Sql.Time(filter.ExpireBefore!.Value));
        command.Parameters.Add(Sql.Time(filter.Place.ExpireAt));
        command.Parameters.Add(Sql.Number(filter.Place.After));
        command.Parameters.Add(Sql.OptionalText(filter.Sku));
        command.Parameters.Add(Sql.OptionalNumber(filter.State));
        command.Parameters.Add(Sql.Number(filter.PageSize));
        command.Parameters.Add(Sql.Number(MaximumReservationScan));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var response = new ListReservationsResponse();
        ReservationPlace end = default, last = default;
        long scanned = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            end = new ReservationPlace(reader.GetFieldValue<DateTimeOffset>(0), reader.GetInt64(1));
            scanned = reader.GetInt64(2);
            if (!reader.IsDBNull(3))
            {
                last = Add(response, reader, 3);
            }
        }

        // A full page goes on after its last reservation; one that the scan's bound ended, after that bound.
        var reached = response.Reservations.Count == filter.PageSize ? last : end;
        response.NextPageToken = scanned == MaximumReservationScan || reached != end ? reached.ToString() : "";
        return response;
    }

    /// <summary>The newest first, through a bounded part of the numbers.</summary>
    private async Task<ListReservationsResponse> ListNewestAsync(ReservationFilter filter, CancellationToken cancellationToken)
    {
        await using var command = reads.CreateCommand(ListReservationsSql);
        command.Parameters.Add(Sql.Text(filter.TenantId));
        command.Parameters.Add(Sql.Number(filter.Place.Below));
        command.Parameters.Add(Sql.OptionalText(filter.Sku));
        command.Parameters.Add(Sql.OptionalNumber(filter.State));
        command.Parameters.Add(Sql.Number(filter.PageSize));
        command.Parameters.Add(Sql.Number(MaximumReservationScan));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var response = new ListReservationsResponse();
        long head = 0;
        ReservationPlace last = default;
        while (await reader.ReadAsync(cancellationToken))
        {
            head = reader.GetInt64(0);
            if (!reader.IsDBNull(1))
            {
                last = Add(response, reader, 1);
            }
        }

        var lowest = Math.Min(filter.Place.Below - 1, head) - MaximumReservationScan + 1;
        var reached = response.Reservations.Count == filter.PageSize ? last.Below : lowest;
        response.NextPageToken = reached > 1 ? new ReservationPlace(DateTimeOffset.UnixEpoch, reached).ToString() : "";
        return response;
    }

    private static ReservationPlace Add(ListReservationsResponse response, NpgsqlDataReader reader, int first)
    {
        var reservation = ReservationRow.Read(reader, first);
        response.Reservations.Add(StockMessages.Reservation(reservation));
        return new ReservationPlace(reservation.ExpireAt, reservation.Number);
    }
}
