using System.Text;
using System.Text.Json;
using Shouldly;
using StockAuthority.Connectors.Marketplace.Amazon.SellerHealth;
using StockAuthority.Connectors.Simulators.Amazon;
using StockAuthority.Connectors.Tests.Hosts;
using Xunit;

namespace StockAuthority.Connectors.Tests.Marketplace;

public sealed class SellerHealthTests
{
    [Fact]
    public async Task What_Amazon_judges_the_seller_by_is_read_on_a_schedule()
    {
        await using var feed = await FeedHost.StartAsync();
        await using var shop = await SquareHost.StartAsync();
        shop.Service<AmazonReportStore>().Rates = new SellerRates(0.031, 0.02, 0.004);
        await using var connector = await MarketplaceHost.StartAsync(
            feed,
            "--Marketplace:Channel=amazon", $"--Amazon:BaseUrl={shop.Address}", $"--Amazon:TokenUrl={shop.Address}/auth/o2/token", "--Amazon:ClientId=app", "--Amazon:ClientSecret=secret",
            $"--Amazon:RefreshToken={SquareHost.Token}", "--Amazon:SellerId=SELLER", "--Amazon:MarketplaceId=A1PA6795UKMFR9",
            "--Amazon:Locations:0:LocationId=shop", "--Amazon:Locations:0:FulfillmentChannelCode=DEFAULT",
            "--Amazon:SellerHealthInterval=00:00:00.100", "--Amazon:ReportPollInterval=00:00:00.010");
        var metrics = connector.Service<SellerHealthMetrics>();
        await Eventually.HoldsAsync(() => metrics.Last is { CancellationRate: 0.031, LateShipmentRate: 0.02, OrderDefectRate: 0.004, AccountStatus: "NORMAL" });

        shop.Service<AmazonReportStore>().Rates = new SellerRates(0.01, 0.02, 0.004);
        await Eventually.HoldsAsync(() => metrics.Last is { CancellationRate: 0.01 });
    }

    [Fact]
    public void Both_spellings_of_the_cancellation_rate_are_read_and_the_worse_defect_rate_counts()
    {
        var report = Encoding.UTF8.GetBytes(
            """
            {"performanceMetrics":[
              {"marketplaceId":"other","prefulfillmentCancelRate":{"rate":0.9}},
              {"marketplaceId":"mine","prefulfillmentCancelRate":{"rate":0.005},"orderDefectRate":{"afn":{"rate":0.001},"mfn":{"rate":0.009}}}]}
            """);
        SellerPerformance.Parse(report, "mine").ShouldBe(new SellerPerformance(0.005, null, 0.009, null));
        Should.Throw<JsonException>(() => SellerPerformance.Parse(report, "nowhere"));
    }
}
