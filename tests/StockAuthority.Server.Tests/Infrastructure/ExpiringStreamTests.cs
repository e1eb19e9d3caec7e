using Grpc.Core;
using Grpc.Net.Client;
using Shouldly;
using StockAuthority.Client;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Tests.ChangeFeed;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>A stream is not a way to go on with a token that has expired.</summary>
public sealed class ExpiringStreamTests(Ledger ledger) : IClassFixture<Ledger>
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_watch_ends_with_a_named_error_when_its_token_expires()
    {
        var sku = await ledger.OpenAsync(10);
        using var channel = await ChannelAsync();
        await using var subscriber = new Subscriber(channel, Tenant);
        await Eventually.Holds(() => subscriber.Messages.SelectMany(message => message.Levels).Any(level => level.Sku == sku));

        var error = await Should.ThrowAsync<RpcException>(subscriber.Ended.WaitAsync(Bound));
        ShouldBeExpired(error);
        await ShouldBeNobodyAsync(channel);
    }

    [Fact]
    public async Task An_execute_stream_ends_with_a_named_error_when_its_token_expires_and_what_it_was_sent_is_answered()
    {
        var sku = await ledger.OpenAsync(10);
        using var channel = await ChannelAsync();
        using var call = new InventoryService.InventoryServiceClient(channel).Execute();
        await call.RequestStream.WriteAsync(new ExecuteRequest { Commands = { new ExecuteCommand { Reserve = Reserve(sku, 2) } } });

        (await call.ResponseStream.MoveNext(CancellationToken.None)).ShouldBeTrue();
        call.ResponseStream.Current.Outcomes.Single().Reserve.Reservation.State.ShouldBe(ReservationState.Active);

        // Nothing more is said; and it is not waited for.
        var error = await Should.ThrowAsync<RpcException>(call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Bound));
        ShouldBeExpired(error);
        await ShouldBeNobodyAsync(channel);
    }

    private static void ShouldBeExpired(RpcException error) =>
        (error.StatusCode, error.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason).ShouldBe((StatusCode.Unauthenticated, "TOKEN_EXPIRED"));

    /// <summary>Although its signature is remembered.</summary>
    private static async Task ShouldBeNobodyAsync(GrpcChannel channel)
    {
        var refused = await Should.ThrowAsync<RpcException>(async () => await new InventoryService.InventoryServiceClient(channel).ReserveAsync(Reserve("sku", 1)));
        refused.StatusCode.ShouldBe(StatusCode.Unauthenticated);
    }

    /// <summary>Its token expired some seconds ago, of the 30 that clocks may differ by: it is good for some more.</summary>
    private async Task<GrpcChannel> ChannelAsync() => StockAuthorityChannel.Create(new StockAuthorityClientOptions
    {
        Address = ledger.Server.Grpc,
        Token = (await TestTokens.IssuerAsync()).Token("test", Tenant, TimeSpan.FromSeconds(-15)),
    });
}
