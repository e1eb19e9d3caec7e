using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StockAuthority.Client;
using StockAuthority.Samples;
using StockAuthority.Samples.Checkout;

// One order against ./dev up:  dotnet run --project samples/Checkout -- [order] [sku=quantity ...] [--decline]
if (DevEndpoints.Find() is not { } endpoints)
{
    await Console.Error.WriteLineAsync("No .local/dev/endpoints.json here or above: start the system with ./dev up first.");
    return 1;
}

if (Basket.Parse(args) is not { } basket)
{
    await Console.Error.WriteLineAsync("usage: [order] [sku=quantity ...] [--decline], for example: order-7 mug-blue=2 kettle-1l=1");
    return 2;
}

var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders();
builder.Services.AddStockAuthority(options =>
{
    options.Address = endpoints.Grpc;
    options.Tenant = endpoints.Tenant;
    options.Token = endpoints.Token;
    options.Deadline = TimeSpan.FromSeconds(2);
    options.RetryBudget = TimeSpan.FromSeconds(10);
});
builder.Services.AddSingleton(new PretendPayments(isDeclining: args.Contains("--decline")));
builder.Services.AddSingleton<Checkout>();
using var host = builder.Build();

var result = await host.Services.GetRequiredService<Checkout>().PlaceAsync(basket, CancellationToken.None);
Console.WriteLine($"{basket.OrderRef}: {result}");
return 0;
