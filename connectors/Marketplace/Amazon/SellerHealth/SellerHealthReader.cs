using System.Text.Json;

namespace StockAuthority.Connectors.Marketplace.Amazon.SellerHealth;

/// <summary>Reads what Amazon judges the seller by, on a schedule, into metrics and the log. Deliveries do not wait for it.</summary>
internal sealed partial class SellerHealthReader(AmazonReports reports, SellerHealthMetrics metrics, AmazonOptions amazon, TimeProvider clock, ILogger<SellerHealthReader> logger) : BackgroundService
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMinutes(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var read = await TryReadAsync(stoppingToken);
            await Task.Delay(read || amazon.SellerHealthInterval < PauseAfterFailure ? amazon.SellerHealthInterval : PauseAfterFailure, clock, stoppingToken);
        }
    }

    private async Task<bool> TryReadAsync(CancellationToken stopping)
    {
        try
        {
            var performance = SellerPerformance.Parse(await reports.ReadAsync(SellerPerformance.ReportType, stopping), amazon.MarketplaceId);
            metrics.Read(performance);
            LogRead(amazon.SellerId, amazon.MarketplaceId, performance.AccountStatus, performance.CancellationRate, performance.LateShipmentRate, performance.OrderDefectRate);
            return true;
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or IOException or InvalidDataException)
        {
            LogFailed(failure, amazon.SellerId, amazon.MarketplaceId);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Information, "Amazon has seller {SellerId} in {MarketplaceId} as {AccountStatus}: cancelled {CancellationRate}, shipped late {LateShipmentRate}, defects {OrderDefectRate}")]
    private partial void LogRead(string sellerId, string marketplaceId, string? accountStatus, double? cancellationRate, double? lateShipmentRate, double? orderDefectRate);

    [LoggerMessage(LogLevel.Warning, "What Amazon judges seller {SellerId} in {MarketplaceId} by could not be read; trying again")]
    private partial void LogFailed(Exception failure, string sellerId, string marketplaceId);
}
