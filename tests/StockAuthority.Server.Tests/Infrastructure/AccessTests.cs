using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.DevHost.Identity;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
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
    public async Task An_expired_token_is_not_accepted()
    {
        var expired = (await TestTokens.IssuerAsync()).Token("test", Tenant, TimeSpan.FromMinutes(-10));
        (await StatusAsync(expired)).ShouldBe(StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task A_token_without_a_tenant_may_act_for_none()
    {
        var nobody = (await TestTokens.IssuerAsync()).Token("test", "");
        (await StatusAsync(nobody)).ShouldBe(StatusCode.PermissionDenied);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Every_call_needs_a_token_for_its_tenant_with_its_scope(string method)
    {
        var issuer = await TestTokens.IssuerAsync();
        var call = ServiceCalls.Single(each => each.FullName == method);
        (await StatusAsync(call, null)).ShouldBe(StatusCode.Unauthenticated);
        (await StatusAsync(call, issuer.Token("test", Tenant, TimeSpan.FromMinutes(-10)))).ShouldBe(StatusCode.Unauthenticated);
        (await StatusAsync(call, issuer.Token("test", "other"))).ShouldBe(StatusCode.PermissionDenied);
        (await StatusAsync(call, issuer.Token("test", Tenant, scopes: "none"))).ShouldBe(StatusCode.PermissionDenied);

        // With all scopes but the one that it needs; with that one alone it gets past the door, to be refused for its empty fields.
        var needed = Server.Infrastructure.Scope.For($"/{call.Service.FullName}/{call.Name}");
        needed.ShouldNotBeNull();
        var others = string.Join(' ', DevelopmentIssuer.AllScopes.Split(' ').Where(scope => scope != needed));
        (await StatusAsync(call, issuer.Token("test", Tenant, scopes: others))).ShouldBe(StatusCode.PermissionDenied);
        (await StatusAsync(call, issuer.Token("test", DevelopmentIssuer.AllTenants, scopes: needed))).ShouldNotBeOneOf(StatusCode.PermissionDenied, StatusCode.Unauthenticated);
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

    public static TheoryData<string> Calls => [.. ServiceCalls.Select(call => call.FullName)];

    /// <summary>All but Execute, whose commands are each asked for theirs: see its own tests.</summary>
    private static IEnumerable<MethodDescriptor> ServiceCalls => new[]
    {
        InventoryServiceReflection.Descriptor,
        CatalogueServiceReflection.Descriptor,
        PaymentEventServiceReflection.Descriptor,
        ChangefeedServiceReflection.Descriptor,
    }.SelectMany(file => file.Services).SelectMany(service => service.Methods)
        .Where(call => !call.IsClientStreaming);

    private async Task<StatusCode> StatusAsync(string token)
    {
        using var channel = Client.StockAuthorityChannel.Create(new Client.StockAuthorityClientOptions { Address = ledger.Server.Grpc, Token = token });
        var error = await Should.ThrowAsync<RpcException>(async () => await new InventoryService.InventoryServiceClient(channel).ReserveAsync(Reserve("sku", 1)));
        return error.StatusCode;
    }

    /// <summary>Calls it by its name, with a request that has nothing but its tenant. OK where it answers.</summary>
    private async Task<StatusCode> StatusAsync(MethodDescriptor call, string? token)
    {
        using var channel = GrpcChannel.ForAddress(ledger.Server.Grpc);
        var request = (IMessage)Activator.CreateInstance(call.InputType.ClrType)!;
        call.InputType.FindFieldByName("tenant_id")?.Accessor.SetValue(request, Tenant);
        var bytes = Marshallers.Create(static (byte[] value) => value, static value => value);
        var method = new Method<byte[], byte[]>(call.IsServerStreaming ? MethodType.ServerStreaming : MethodType.Unary, call.Service.FullName, call.Name, bytes, bytes);
        var options = new CallOptions(
            token is null ? null : new Metadata { { "authorization", "Bearer " + token } },
            deadline: TimeProvider.System.GetUtcNow().AddSeconds(20).UtcDateTime);
        try
        {
            if (call.IsServerStreaming)
            {
                using var stream = channel.CreateCallInvoker().AsyncServerStreamingCall(method, null, options, request.ToByteArray());
                await stream.ResponseHeadersAsync;
                await stream.ResponseStream.MoveNext(CancellationToken.None);
            }
            else
            {
                await channel.CreateCallInvoker().AsyncUnaryCall(method, null, options, request.ToByteArray());
            }

            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }
}
