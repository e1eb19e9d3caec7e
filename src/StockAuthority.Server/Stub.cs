#pragma warning disable
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;
namespace StockAuthority.Server.Availability
{
    internal sealed class AvailabilityRefresh { public void Offer(string t, IReadOnlyList<Core.Inventory.StockLevel> l) { } }
    internal sealed class AvailabilityReader { public Task<GetAvailabilityResponse> GetAsync(GetAvailabilityRequest r, CancellationToken c) => throw new NotSupportedException(); }
    internal static class X { public static void AddAvailability(this IServiceCollection s) { s.AddSingleton<AvailabilityRefresh>(); s.AddSingleton<AvailabilityReader>(); } }
}
namespace StockAuthority.Server.ChangeFeed
{
    internal sealed class FeedSignals { public void Publish(string t, long s) { } }
    internal sealed class ChangeFeedGrpcService : ChangeFeedService.ChangeFeedServiceBase { }
    internal static class X { public static void AddChangeFeed(this IServiceCollection s) => s.AddSingleton<FeedSignals>(); }
}
