using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>Who may call, over gRPC and over JSON.</summary>
public sealed class AccessTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task Without_a_token_nobody_gets_in()
    {
        using var channel = GrpcChannel.ForAddress(ledger.Server.Grpc);
        var error = await Should.ThrowAsync<RpcException>(async () => await new InventoryService.InventoryServiceClient(channel).ReserveAsync(Reserve("sku", 1)));
        error.StatusCode.ShouldBe(StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task A_token_of_another_tenant_is_refused_before_anything_is_read()
    {
        using var channel = await ledger.Server.ChannelAsync("other");
        var (code, info, _) = await RefusalAsync(new InventoryService.InventoryServiceClient(channel).ReserveAsync(Reserve("sku", 1)));
        (code, info.Reason).ShouldBe((StatusCode.PermissionDenied, "TENANT_NOT_ALLOWED"));
    }

    [Fact]
    public async Task Registering_a_tenant_needs_a_token_for_all()
    {
        using var channel = await ledger.Server.ChannelAsync(Tenant);
        var (code, info, _) = await RefusalAsync(new CatalogueService.CatalogueServiceClient(channel).PutTenantAsync(new PutTenantRequest { TenantId = Tenant }));
        (code, info.Reason).ShouldBe((StatusCode.PermissionDenied, "OPERATOR_NEEDED"));
    }

    [Fact]
    public async Task A_token_that_another_key_signed_is_not_accepted()
    {
        var token = await TestTokens.ForTenantAsync(Tenant);
        var parts = token.Split('.');
        var forged = $"{parts[0]}.{parts[1]}.{new string([.. parts[2].Reverse()])}";
        using var channel = Client.StockAuthorityChannel.Create(new Client.StockAuthorityClientOptions { Address = ledger.Server.Grpc, Token = forged });
        var error = await Should.ThrowAsync<RpcException>(async () => await new InventoryService.InventoryServiceClient(channel).ReserveAsync(Reserve("sku", 1)));
        error.StatusCode.ShouldBe(StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task Json_over_http_does_what_grpc_does_and_names_its_errors()
    {
        var sku = await ledger.OpenAsync(3);
        using var http = new HttpClient { BaseAddress = ledger.Server.Http };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TestTokens.ForTenantAsync(Tenant));

        using var reserved = await PostAsync(http, sku, 2);
        reserved.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var body = JsonDocument.Parse(await reserved.Content.ReadAsStringAsync());
        body.RootElement.GetProperty("reservation").GetProperty("state").GetString().ShouldBe("RESERVATION_STATE_ACTIVE");

        using var refused = await PostAsync(http, sku, 2);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("INSUFFICIENT_STOCK");
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient http, string sku, long quantity) => http.PostAsJsonAsync(
        new Uri($"/v1/tenants/{Tenant}/reservations", UriKind.Relative),
        new { idempotencyKey = New("key"), orderRef = New("order"), lines = new[] { new { sku, locationId = Ledger.Location, quantity } } });
}
