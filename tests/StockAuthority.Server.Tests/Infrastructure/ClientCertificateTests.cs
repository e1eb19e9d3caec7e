using Grpc.Core;
using Grpc.Net.Client;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Tests.ChangeFeed;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>Processes that are known by their certificates, over TLS.</summary>
public sealed class ClientCertificateTests(TlsServer tls) : IClassFixture<TlsServer>
{
    [Fact]
    public async Task A_process_known_by_its_uri_may_do_what_it_is_assigned_and_nothing_else()
    {
        using var channel = tls.Channel(tls.Certificates.Client("whatever", TlsServer.ReaderUri));
        (await ReadAsync(channel, Tenant)).ShouldBe("");
        (await ReadAsync(channel, "another")).ShouldBe("");
        (await ReserveAsync(channel, Tenant)).ShouldBe("SCOPE_MISSING");
    }

    [Fact]
    public async Task A_process_known_by_its_common_name_may_act_for_its_tenants_and_no_others()
    {
        using var channel = tls.Channel(tls.Certificates.Client(TlsServer.TillName));
        (await ReserveAsync(channel, Tenant)).ShouldBe("INSUFFICIENT_STOCK");
        (await ReserveAsync(channel, "another")).ShouldBe("UNKNOWN_TENANT");
        (await ReserveAsync(channel, "third")).ShouldBe("TENANT_NOT_ALLOWED");
        (await ReadAsync(channel, Tenant)).ShouldBe("SCOPE_MISSING");
    }

    [Fact]
    public async Task A_certificate_that_nobody_is_assigned_is_nobody()
    {
        // The first has a known common name as its URI's path, the second a known URI as its common name.
        foreach (var certificate in new[] { tls.Certificates.Client("stranger", "spiffe://example.com/till-1"), tls.Certificates.Client(TlsServer.ReaderUri) })
        {
            using var channel = tls.Channel(certificate);
            (await ReadAsync(channel, Tenant)).ShouldBe(nameof(StatusCode.Unauthenticated));
        }
    }

    [Fact]
    public async Task A_certificate_of_another_authority_an_expired_one_and_one_for_servers_do_not_get_through_the_handshake()
    {
        using var others = await TestCertificates.CreateAsync();
        (string, string)[] refused =
        [
            others.Client(TlsServer.TillName, TlsServer.ReaderUri),
            tls.Certificates.Client(TlsServer.TillName, TlsServer.ReaderUri, TimeSpan.FromMinutes(-5)),
            tls.Certificates.Server(),
        ];
        foreach (var certificate in refused)
        {
            using var channel = tls.Channel(certificate, await TestTokens.ForTenantAsync(Tenant));
            (await ReadAsync(channel, Tenant)).ShouldBeOneOf(nameof(StatusCode.Unavailable), nameof(StatusCode.Internal));
        }
    }

    [Fact]
    public async Task A_token_needs_no_certificate_and_decides_where_there_are_both()
    {
        using var bearer = tls.Channel(token: await TestTokens.ForTenantAsync(Tenant));
        (await ReadAsync(bearer, Tenant)).ShouldBe("");
        using var nobody = tls.Channel();
        (await ReadAsync(nobody, Tenant)).ShouldBe(nameof(StatusCode.Unauthenticated));

        var certificate = tls.Certificates.Client("whatever", TlsServer.ReaderUri);
        using var forged = tls.Channel(certificate, await ForgedTokens.MakeAsync(ForgedTokens.ForeignKey, Tenant));
        (await ReadAsync(forged, Tenant)).ShouldBe(nameof(StatusCode.Unauthenticated));
        using var both = tls.Channel(certificate, await TestTokens.ForTenantAsync("another"));
        (await ReadAsync(both, Tenant)).ShouldBe("TENANT_NOT_ALLOWED");
    }

    [Fact]
    public async Task A_connection_and_its_streams_end_with_their_certificate()
    {
        using var channel = tls.Channel(tls.Certificates.Client("whatever", TlsServer.ReaderUri, TimeSpan.FromSeconds(20)));
        await using var subscriber = new Subscriber(channel, Tenant);
        (await ReadAsync(channel, Tenant)).ShouldBe("");

        var error = await Should.ThrowAsync<RpcException>(subscriber.Ended.WaitAsync(TimeSpan.FromMinutes(1)));
        (error.StatusCode, error.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason).ShouldBe((StatusCode.Unauthenticated, "TOKEN_EXPIRED"));
        (await ReadAsync(channel, Tenant)).ShouldBe(nameof(StatusCode.Unauthenticated));
    }

    [Fact]
    public async Task Where_revocation_is_looked_for_and_cannot_be_found_out_the_certificate_is_refused()
    {
        var (server, port) = await tls.StartAnotherAsync("Online");
        await using (server)
        {
            using var process = tls.Channel(tls.Certificates.Client("whatever", TlsServer.ReaderUri), port: port);
            (await ReadAsync(process, Tenant)).ShouldBeOneOf(nameof(StatusCode.Unavailable), nameof(StatusCode.Internal));
            using var bearer = tls.Channel(token: await TestTokens.ForTenantAsync(Tenant), port: port);
            (await ReadAsync(bearer, Tenant)).ShouldBe("");
        }
    }

    private static Task<string> ReadAsync(GrpcChannel channel, string tenant) => OutcomeAsync(
        new InventoryService.InventoryServiceClient(channel).ListAvailabilityAsync(new ListAvailabilityRequest { TenantId = tenant, Sku = "sku" }));

    private static Task<string> ReserveAsync(GrpcChannel channel, string tenant)
    {
        var request = Reserve("sku", 1);
        request.TenantId = tenant;
        return OutcomeAsync(new InventoryService.InventoryServiceClient(channel).ReserveAsync(request));
    }

    /// <summary>Empty where it was answered, else the reason, else the status.</summary>
    private static async Task<string> OutcomeAsync<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call;
            return "";
        }
        catch (RpcException error)
        {
            return error.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason ?? error.StatusCode.ToString();
        }
    }
}
