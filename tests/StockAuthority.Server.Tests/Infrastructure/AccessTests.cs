using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Shouldly;
using StockAuthority.DevHost.Identity;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>Who may call, over gRPC and over JSON.</summary>
public sealed class AccessTests(Ledger ledger) : IClassFixture<Ledger>
{
    public static TheoryData<string> Calls => [.. ServiceCalls.All.Select(call => call.FullName)];

    public static TheoryData<string> Forgeries => [.. ForgedTokens.All];

    public static TheoryData<string> Commands => [.. CommandFields.Select(each => each.Name)];

    /// <summary>What a message of an Execute stream can hold, each like a call of its own.</summary>
    private static IEnumerable<FieldDescriptor> CommandFields => ExecuteCommand.Descriptor.Oneofs.Single().Fields;

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Every_call_refuses_every_bad_token(string method)
    {
        using var channel = GrpcChannel.ForAddress(ledger.Server.Grpc);
        var call = ServiceCalls.All.Single(each => each.FullName == method);
        (await ServiceCalls.StatusAsync(channel, call, ServiceCalls.Empty(call, Tenant), null)).ShouldBe(StatusCode.Unauthenticated);
        foreach (var kind in ForgedTokens.All)
        {
            var token = await ForgedTokens.MakeAsync(kind, Tenant);
            (await ServiceCalls.StatusAsync(channel, call, ServiceCalls.Empty(call, Tenant), token)).ShouldBe(StatusCode.Unauthenticated, kind);
        }

        // The same token but for what was wrong with it gets past the door, to be refused for its empty fields or answered.
        (await ServiceCalls.StatusAsync(channel, call, ServiceCalls.Empty(call, Tenant), await ForgedTokens.GoodAsync(DevelopmentIssuer.AllTenants)))
            .ShouldNotBeOneOf(StatusCode.PermissionDenied, StatusCode.Unauthenticated);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Every_call_needs_a_token_for_its_tenant_with_its_scope(string method)
    {
        var issuer = await TestTokens.IssuerAsync();
        var call = ServiceCalls.All.Single(each => each.FullName == method);
        var needed = Server.Infrastructure.Scope.For(ServiceCalls.Path(call));
        needed.ShouldNotBeNull();
        if (needed.Length == 0)
        {
            call.IsClientStreaming.ShouldBeTrue("Only a stream's commands may have their scopes checked one by one.");
            return;
        }

        // A call that names no tenant is about all of them.
        var refusal = call.InputType.FindFieldByName("tenant_id") is null ? "OPERATOR_NEEDED" : "TENANT_NOT_ALLOWED";
        (await ReasonAsync(call, issuer.Token("test", "other"))).ShouldBe(refusal);
        (await ReasonAsync(call, issuer.Token("test", ""))).ShouldBe(refusal);
        (await ReasonAsync(call, issuer.Token("test", Tenant, scopes: "none"))).ShouldBe("SCOPE_MISSING");
        (await ReasonAsync(call, issuer.Token("test", Tenant, scopes: AllBut(needed)))).ShouldBe("SCOPE_MISSING");
        (await ReasonAsync(call, issuer.Token("test", DevelopmentIssuer.AllTenants, scopes: needed))).ShouldNotBeOneOf("TENANT_NOT_ALLOWED", "SCOPE_MISSING");
    }

    [Fact]
    public async Task Who_only_reports_about_channels_lists_the_reported_cases_of_one_and_no_others()
    {
        var issuer = await TestTokens.IssuerAsync();
        using var channel = GrpcChannel.ForAddress(ledger.Server.Grpc);
        var service = new Operations.V1.ExceptionService.ExceptionServiceClient(channel);
        var headers = new Metadata { { "authorization", "Bearer " + issuer.Token("connector", Tenant, scopes: "operations.report") } };
        var name = $"shop-{Guid.NewGuid():N}";

        (await service.ListExceptionsAsync(new Operations.V1.ListExceptionsRequest { TenantId = Tenant, Channel = name, Kind = Operations.V1.ExceptionKind.LevelRefused }, headers)).Exceptions.ShouldBeEmpty();
        Operations.V1.ListExceptionsRequest[] others =
        [
            new() { TenantId = Tenant }, new() { TenantId = Tenant, Channel = name }, new() { TenantId = Tenant, Kind = Operations.V1.ExceptionKind.LevelRefused },
            new() { TenantId = Tenant, Channel = name, Kind = Operations.V1.ExceptionKind.Shortfall },
        ];
        foreach (var other in others)
        {
            (await Should.ThrowAsync<RpcException>(async () => await service.ListExceptionsAsync(other, headers))).StatusCode.ShouldBe(StatusCode.PermissionDenied);
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_of_a_stream_needs_a_token_for_its_tenant_with_its_scope(string command)
    {
        var issuer = await TestTokens.IssuerAsync();
        var field = CommandFields.Single(each => each.Name == command);
        var needed = Server.Infrastructure.Scope.For(Server.Infrastructure.Scope.Inventory + field.MessageType.Name[..^"Request".Length]);
        needed.ShouldNotBeNull();

        // The tenant of the message, and one that the command names for itself under a message of the caller's own.
        (await CommandReasonAsync(field, "other", "", issuer.Token("test", Tenant))).ShouldBe("TENANT_NOT_ALLOWED");
        (await CommandReasonAsync(field, Tenant, "other", issuer.Token("test", Tenant))).ShouldBe("TENANT_NOT_ALLOWED");
        (await CommandReasonAsync(field, Tenant, "", issuer.Token("test", Tenant, scopes: AllBut(needed)))).ShouldBe("SCOPE_MISSING");
        (await CommandReasonAsync(field, Tenant, "", issuer.Token("test", Tenant, scopes: needed))).ShouldBe("MISSING_FIELD");
    }

    [Fact]
    public async Task Registering_a_tenant_needs_a_token_for_all()
    {
        using var channel = await ledger.Server.ChannelAsync(Tenant);
        var (code, info, _) = await RefusalAsync(new CatalogueService.CatalogueServiceClient(channel).PutTenantAsync(new PutTenantRequest { TenantId = Tenant }));
        (code, info.Reason).ShouldBe((StatusCode.PermissionDenied, "OPERATOR_NEEDED"));
    }

    [Fact]
    public void The_scopes_of_the_contract_are_those_that_the_development_issuer_can_give() =>
        DevelopmentIssuer.AllScopes.Split(' ').ShouldBe(Server.Infrastructure.Scope.All, ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task Json_refuses_every_bad_token(string kind)
    {
        using var http = Http(await ForgedTokens.MakeAsync(kind, Tenant));
        using var read = await http.GetAsync(Path($"/v1/tenants/{Tenant}/reservations"));
        using var written = await PostAsync(http, Tenant, "sku", 1);
        (read.StatusCode, written.StatusCode).ShouldBe((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task Json_needs_a_token_for_the_tenant_in_the_path_whatever_the_rest_says()
    {
        var sku = await ledger.OpenAsync(3);
        using var nobody = Http(null);
        using var rival = Http(await TestTokens.ForTenantAsync("rival"));
        using var reader = Http((await TestTokens.IssuerAsync()).Token("test", Tenant, scopes: "stock.read"));

        using var unknown = await PostAsync(nobody, Tenant, sku, 1);
        unknown.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var foreign = await PostAsync(rival, Tenant, sku, 1);
        (foreign.StatusCode, await ReasonAsync(foreign)).ShouldBe((HttpStatusCode.Forbidden, "TENANT_NOT_ALLOWED"));
        using var weak = await PostAsync(reader, Tenant, sku, 1);
        (weak.StatusCode, await ReasonAsync(weak)).ShouldBe((HttpStatusCode.Forbidden, "SCOPE_MISSING"));

        // Another tenant in the body, or in the query, does not replace the path's.
        using var smuggled = await rival.PostAsJsonAsync(
            Path("/v1/tenants/rival/reservations"),
            new { tenantId = Tenant, idempotencyKey = New("key"), orderRef = New("order"), lines = new[] { new { sku, locationId = Ledger.Location, quantity = 1 } } });
        (smuggled.IsSuccessStatusCode, await ReasonAsync(smuggled)).ShouldBe((false, "UNKNOWN_TENANT"));
        using var queried = await rival.GetAsync(Path($"/v1/tenants/rival/availability?sku={sku}&tenantId={Tenant}&tenant_id={Tenant}"));
        (await queried.Content.ReadAsStringAsync()).ShouldNotContain(sku);
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(0);
    }

    [Fact]
    public async Task Json_over_http_does_what_grpc_does_and_names_its_errors()
    {
        var sku = await ledger.OpenAsync(3);
        using var http = Http(await TestTokens.ForTenantAsync(Tenant));

        using var reserved = await PostAsync(http, Tenant, sku, 2);
        reserved.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var body = JsonDocument.Parse(await reserved.Content.ReadAsStringAsync());
        body.RootElement.GetProperty("reservation").GetProperty("state").GetString().ShouldBe("RESERVATION_STATE_ACTIVE");

        using var refused = await PostAsync(http, Tenant, sku, 2);
        (refused.StatusCode, await ReasonAsync(refused)).ShouldBe((HttpStatusCode.BadRequest, "INSUFFICIENT_STOCK"));
    }

    private static string AllBut(string scope) => string.Join(' ', DevelopmentIssuer.AllScopes.Split(' ').Where(each => each != scope));

    private static Uri Path(string path) => new(path, UriKind.Relative);

    private HttpClient Http(string? token)
    {
        var http = new HttpClient { BaseAddress = ledger.Server.Http };
        http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient http, string tenant, string sku, long quantity) => http.PostAsJsonAsync(
        Path($"/v1/tenants/{tenant}/reservations"),
        new { idempotencyKey = New("key"), orderRef = New("order"), lines = new[] { new { sku, locationId = Ledger.Location, quantity } } });

    private static async Task<string?> ReasonAsync(HttpResponseMessage response)
    {
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return body.RootElement.TryGetProperty("details", out var details) ? details[0].GetProperty("reason").GetString() : null;
    }

    /// <summary>The reason of its refusal; empty where it answers, or is refused without one.</summary>
    private async Task<string> ReasonAsync(MethodDescriptor call, string token)
    {
        using var channel = GrpcChannel.ForAddress(ledger.Server.Grpc);
        var (error, _) = await ServiceCalls.CallAsync(channel, call, ServiceCalls.Empty(call, Tenant), token);
        return error?.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason ?? "";
    }

    private async Task<string> CommandReasonAsync(FieldDescriptor field, string tenant, string ownTenant, string token)
    {
        using var channel = GrpcChannel.ForAddress(ledger.Server.Grpc);
        var request = (IMessage)Activator.CreateInstance(field.MessageType.ClrType)!;
        field.MessageType.FindFieldByName("tenant_id").Accessor.SetValue(request, ownTenant);
        var command = new ExecuteCommand();
        field.Accessor.SetValue(command, request);
        var execute = ServiceCalls.All.Single(call => call.Name == "Execute");
        var (error, answer) = await ServiceCalls.CallAsync(channel, execute, new ExecuteRequest { TenantId = tenant, Commands = { command } }, token);
        error.ShouldBeNull();
        return ((ExecuteResponse)answer!).Outcomes.Single().Error.GetDetail<Google.Rpc.ErrorInfo>()!.Reason;
    }
}
