using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Shouldly;
using StockAuthority.Client;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Identity;
using StockAuthority.DevHost.Processes;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>An issuer that changes its keys, as the server sees it.</summary>
public sealed class KeyRotationTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task A_new_key_is_found_by_the_first_token_that_it_signed_and_unknown_keys_cause_no_stampede()
    {
        using var first = await RotatingIssuer.NewKeyAsync();
        using var second = await RotatingIssuer.NewKeyAsync();
        using var stranger = await RotatingIssuer.NewKeyAsync();
        await using var issuer = await RotatingIssuer.StartAsync(first);
        var interval = TimeSpan.FromSeconds(3);
        await using var server = await StartAsync(issuer.Settings(TimeSpan.FromHours(1), interval));
        (await StatusAsync(server, first)).ShouldBe(StatusCode.NotFound);
        issuer.Reads.ShouldBe(1);

        // Tokens of a key that the issuer does not have: a hundred at once, each of them another token.
        var began = TimeProvider.System.GetTimestamp();
        var statuses = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => StatusAsync(server, stranger)));
        statuses.ShouldAllBe(status => status == StatusCode.Unauthenticated);
        issuer.Reads.ShouldBeLessThanOrEqualTo(2 + (int)(TimeProvider.System.GetElapsedTime(began) / interval));

        // The issuer signs with a new key: its tokens are accepted as soon as the keys may be read again.
        issuer.Publish(first, second);
        var reads = issuer.Reads;
        began = TimeProvider.System.GetTimestamp();
        await Eventually.Becomes(() => StatusAsync(server, second), status => status == StatusCode.NotFound);
        (await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => StatusAsync(server, second)))).ShouldAllBe(status => status == StatusCode.NotFound);
        issuer.Reads.ShouldBeInRange(reads + 1, reads + 1 + (int)(TimeProvider.System.GetElapsedTime(began) / interval));
        (await StatusAsync(server, first)).ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task A_withdrawn_key_is_not_accepted_after_the_refresh_even_for_tokens_that_are_remembered_and_an_issuer_that_is_away_withdraws_none()
    {
        using var first = await RotatingIssuer.NewKeyAsync();
        using var second = await RotatingIssuer.NewKeyAsync();
        await using var issuer = await RotatingIssuer.StartAsync(first, second);
        await using var server = await StartAsync(issuer.Settings(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)));
        var (old, current) = (first.Token("test", "nobody"), second.Token("test", "nobody"));
        (await StatusAsync(server, old), await StatusAsync(server, current)).ShouldBe((StatusCode.NotFound, StatusCode.NotFound));

        issuer.IsAway = true;
        var reads = issuer.Reads;
        await Eventually.Holds(() => issuer.Reads >= reads + 2);
        (await StatusAsync(server, old), await StatusAsync(server, second)).ShouldBe((StatusCode.NotFound, StatusCode.NotFound));

        issuer.Publish(second);
        issuer.IsAway = false;
        await Eventually.Becomes(() => StatusAsync(server, old), status => status == StatusCode.Unauthenticated);
        (await StatusAsync(server, first)).ShouldBe(StatusCode.Unauthenticated);
        (await StatusAsync(server, current)).ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task A_server_that_has_not_heard_from_its_issuer_says_come_back_and_is_ready_once_it_has()
    {
        using var signer = await RotatingIssuer.NewKeyAsync();
        await using var issuer = await RotatingIssuer.StartAsync(signer);
        issuer.IsAway = true;
        var early = Services.Address(Ports.Free());
        var starting = StartAsync(new Dictionary<string, string>(issuer.Settings(TimeSpan.FromHours(1), TimeSpan.FromMilliseconds(200)), StringComparer.Ordinal)
        {
            ["Kestrel__Endpoints__Early__Url"] = early,
        });
        using var http = new HttpClient { BaseAddress = new Uri(early) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", signer.Token("test", "nobody"));
        await Eventually.Becomes(() => HttpStatusAsync(http, "/v1/tenants/nobody/reservations"), status => status == HttpStatusCode.ServiceUnavailable, TimeSpan.FromMinutes(1));
        (await HttpStatusAsync(http, "/health/ready")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        starting.IsCompleted.ShouldBeFalse();

        issuer.IsAway = false;
        await using var server = await starting;
        (await StatusAsync(server, signer)).ShouldBe(StatusCode.NotFound);
    }

    /// <summary>Null where nobody listens yet.</summary>
    private static async Task<HttpStatusCode?> HttpStatusAsync(HttpClient http, string path)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private Task<ServerProcess> StartAsync(IReadOnlyDictionary<string, string> settings) =>
        ServerProcess.StartAsync(ledger.Database.ConnectionString, NoRedis, settings);

    private static Task<StatusCode> StatusAsync(ServerProcess server, DevelopmentIssuer signer) => StatusAsync(server, signer.Token(New("caller"), "nobody"));

    /// <summary>NotFound where the token is accepted: its tenant is not registered.</summary>
    private static async Task<StatusCode> StatusAsync(ServerProcess server, string token)
    {
        using var channel = StockAuthorityChannel.Create(new StockAuthorityClientOptions { Address = server.Grpc, Token = token });
        var request = Reserve("sku", 1);
        request.TenantId = "nobody";
        return (await Should.ThrowAsync<RpcException>(async () => await new InventoryService.InventoryServiceClient(channel).ReserveAsync(request))).StatusCode;
    }
}
