using Google.Rpc;
using Grpc.Core;
using Npgsql;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Catalogue;

/// <summary>
/// Tenants and places over gRPC. They change rarely and hold no units, so they do not go through the ledger; but the ledger
/// decides by them, so a change advances the head of its tenant.
/// </summary>
internal sealed partial class CatalogueGrpcService([FromKeyedServices(DataSources.Reads)] NpgsqlDataSource database)
    : CatalogueService.CatalogueServiceBase
{
    private const int StandardPageSize = 100;
    private const int MaximumPageSize = 500;

    public override async Task<PutTenantResponse> PutTenant(PutTenantRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        var displayName = fields.Optional("display_name", request.DisplayName);
        var (defaultTtl, maximumTtl) = CatalogueRequests.Policy(fields, request.Policy);
        fields.ThrowIfAny();
        RequireOperator(context, "Registering a tenant");

        await using var command = database.CreateCommand(PutTenantSql);
        command.Parameters.Add(Sql.Text(request.TenantId));
        command.Parameters.Add(Sql.OptionalText(displayName));
        command.Parameters.Add(Sql.Flag(request.Policy is not null));
        command.Parameters.Add(Sql.OptionalSpan(defaultTtl));
        command.Parameters.Add(Sql.OptionalSpan(maximumTtl));
        await command.ExecuteNonQueryAsync(context.CancellationToken);
        var tenant = await TenantAsync(request.TenantId, context.CancellationToken);
        return new PutTenantResponse { TenantId = tenant.TenantId, DisplayName = tenant.DisplayName, Policy = tenant.Policy };
    }

    public override async Task<GetTenantResponse> GetTenant(GetTenantRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        fields.ThrowIfAny();
        return new GetTenantResponse { Tenant = await TenantAsync(request.TenantId, context.CancellationToken) };
    }

    public override async Task<ListTenantsResponse> ListTenants(ListTenantsRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        var pageSize = fields.PageSize(request.PageSize, StandardPageSize, MaximumPageSize);
        fields.Optional("page_token", request.PageToken);
        fields.ThrowIfAny();
        RequireOperator(context, "Listing all tenants");

        await using var command = database.CreateCommand(ListTenantsSql);
        command.Parameters.Add(Sql.Text(request.PageToken));
        command.Parameters.Add(Sql.Number(pageSize + 1));
        await using var reader = await command.ExecuteReaderAsync(context.CancellationToken);
        var response = new ListTenantsResponse();
        while (await reader.ReadAsync(context.CancellationToken))
        {
            if (response.Tenants.Count == pageSize)
            {
                response.NextPageToken = response.Tenants[^1].TenantId;
                break;
            }

            response.Tenants.Add(CatalogueRequests.ReadTenant(reader));
        }

        return response;
    }

    public override async Task<PutLocationResponse> PutLocation(PutLocationRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        fields.Text("location_id", request.LocationId);
        var displayName = fields.Optional("display_name", request.DisplayName);
        fields.Known("kind", request.Kind);
        fields.ThrowIfAny();

        await using var connection = await database.OpenConnectionAsync(context.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(context.CancellationToken);
        await using var put = new NpgsqlCommand(PutLocationSql, connection, transaction);
        put.Parameters.Add(Sql.Text(request.LocationId));
        put.Parameters.Add(Sql.Text(request.TenantId));
        put.Parameters.Add(Sql.OptionalText(displayName));
        put.Parameters.Add(Sql.OptionalNumber(request.Kind == LocationKind.Unspecified ? null : (long)request.Kind));
        put.Parameters.Add(Sql.OptionalFlag(request.HasSellable ? request.Sellable : null));
        try
        {
            if (await put.ExecuteScalarAsync(context.CancellationToken) is not null)
            {
                await using var advance = new NpgsqlCommand(AdvanceHeadSql, connection, transaction);
                advance.Parameters.Add(Sql.Text(request.TenantId));
                await advance.ExecuteNonQueryAsync(context.CancellationToken);
            }
        }
        catch (PostgresException error) when (error.ConstraintName == "locations_tenant_fk")
        {
            throw Errors.UnknownTenant(request.TenantId).ToRpcException();
        }

        await using var get = new NpgsqlCommand(GetLocationSql, connection, transaction);
        get.Parameters.Add(Sql.Text(request.LocationId));
        get.Parameters.Add(Sql.Text(request.TenantId));
        PutLocationResponse response;
        await using (var reader = await get.ExecuteReaderAsync(context.CancellationToken))
        {
            await reader.ReadAsync(context.CancellationToken);
            response = new PutLocationResponse { Location = CatalogueRequests.ReadLocation(reader) };
        }

        await transaction.CommitAsync(context.CancellationToken);
        return response;
    }

    public override async Task<ListLocationsResponse> ListLocations(ListLocationsRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        var pageSize = fields.PageSize(request.PageSize, StandardPageSize, MaximumPageSize);
        fields.Optional("page_token", request.PageToken);
        fields.ThrowIfAny();

        await using var command = database.CreateCommand(ListLocationsSql);
        command.Parameters.Add(Sql.Text(request.TenantId));
        command.Parameters.Add(Sql.Text(request.PageToken));
        command.Parameters.Add(Sql.Number(pageSize + 1));
        await using var reader = await command.ExecuteReaderAsync(context.CancellationToken);
        var response = new ListLocationsResponse();
        while (await reader.ReadAsync(context.CancellationToken))
        {
            if (response.Locations.Count == pageSize)
            {
                response.NextPageToken = response.Locations[^1].LocationId;
                break;
            }

            response.Locations.Add(CatalogueRequests.ReadLocation(reader));
        }

        return response;
    }

    private async Task<RegisteredTenant> TenantAsync(string tenantId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(GetTenantSql);
        command.Parameters.Add(Sql.Text(tenantId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? CatalogueRequests.ReadTenant(reader) : throw Errors.UnknownTenant(tenantId).ToRpcException();
    }

    private static void RequireOperator(ServerCallContext context, string what)
    {
        if (Caller.Of(context) is not { ServesAllTenants: true })
        {
            throw Errors.Status(Code.PermissionDenied, "OPERATOR_NEEDED", $"{what} needs a token for all tenants.").ToRpcException();
        }
    }
}
