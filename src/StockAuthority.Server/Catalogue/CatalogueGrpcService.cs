using Google.Rpc;
using Grpc.Core;
using Npgsql;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Catalogue;

/// <summary>Tenants and places over gRPC. They change rarely and hold no units, so they do not go through the ledger.</summary>
internal sealed partial class CatalogueGrpcService([FromKeyedServices(DataSources.Reads)] NpgsqlDataSource database)
    : CatalogueService.CatalogueServiceBase
{
    private const int StandardPageSize = 100;
    private const int MaximumPageSize = 500;

    public override async Task<PutTenantResponse> PutTenant(PutTenantRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        fields.Optional("display_name", request.DisplayName);
        fields.ThrowIfAny();
        if (Caller.Of(context) is not { ServesAllTenants: true })
        {
            throw Errors.Status(Code.PermissionDenied, "OPERATOR_NEEDED", "Registering a tenant needs a token for all tenants.").ToRpcException();
        }

        await using var command = database.CreateCommand(PutTenantSql);
        command.Parameters.Add(Sql.Text(request.TenantId));
        command.Parameters.Add(Sql.Text(Name(request.DisplayName, request.TenantId)));
        await command.ExecuteNonQueryAsync(context.CancellationToken);
        return new PutTenantResponse { TenantId = request.TenantId, DisplayName = Name(request.DisplayName, request.TenantId) };
    }

    public override async Task<PutLocationResponse> PutLocation(PutLocationRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        fields.Text("location_id", request.LocationId);
        fields.Optional("display_name", request.DisplayName);
        fields.ThrowIfAny();

        await using var command = database.CreateCommand(PutLocationSql);
        command.Parameters.Add(Sql.Text(request.LocationId));
        command.Parameters.Add(Sql.Text(request.TenantId));
        command.Parameters.Add(Sql.Text(Name(request.DisplayName, request.LocationId)));
        try
        {
            await command.ExecuteNonQueryAsync(context.CancellationToken);
        }
        catch (PostgresException error) when (error.ConstraintName == "locations_tenant_fk")
        {
            throw Errors.UnknownTenant(request.TenantId).ToRpcException();
        }

        return new PutLocationResponse
        {
            Location = new Location { LocationId = request.LocationId, DisplayName = Name(request.DisplayName, request.LocationId) },
        };
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

            response.Locations.Add(new Location { LocationId = reader.GetString(0), DisplayName = reader.GetString(1) });
        }

        return response;
    }

    private static string Name(string displayName, string id) => displayName.Length > 0 ? displayName : id;
}
