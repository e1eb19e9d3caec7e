using StockAuthority.ChangeFeed.V1;
using StockAuthority.Client;
using StockAuthority.Samples;
using StockAuthority.Samples.Terminal;

// A till against ./dev up:  dotnet run --project samples/Terminal -- [--name till-1] [--location store-1] [--folder .local/till-1] [--offline]
var name = Option("--name") ?? "till-1";
var location = Option("--location") ?? "store-1";
var folder = Option("--folder") ?? Path.Combine(".local", name);
var address = Option("--address") is { } given ? new Uri(given) : null;
var endpoints = address is null ? DevEndpoints.Find() : new DevEndpoints(address, await File.ReadAllTextAsync(Option("--token-file")!), Option("--tenant")!);
if (endpoints is null)
{
    await Console.Error.WriteLineAsync("No .local/dev/endpoints.json here or above: start the system with ./dev up first.");
    return 1;
}

var options = new StockAuthorityClientOptions
{
    Address = endpoints.Grpc,
    Tenant = endpoints.Tenant,
    Token = endpoints.Token.Trim(),
    Deadline = TimeSpan.FromSeconds(2),
    RetryBudget = TimeSpan.FromSeconds(5),
};
Directory.CreateDirectory(folder);
using var channel = StockAuthorityChannel.Create(options);
using var journal = SaleJournal.Open(Path.Combine(folder, "sales.jsonl"));
var copy = new LevelCopy(Path.Combine(folder, "levels.json"), location);
await using var till = new Till(
    journal, copy,
    new Uplink(new StockAuthorityClient(channel, options), journal, name, location),
    new Downlink(new ChangeFeedService.ChangeFeedServiceClient(channel), new ChannelService.ChannelServiceClient(channel), copy, endpoints.Tenant, name));
if (!args.Contains("--offline"))
{
    till.GoOnline();
}

Console.WriteLine(await till.DoAsync("help"));
while (await Console.In.ReadLineAsync() is { } line && line.Trim() != "quit")
{
    Console.WriteLine(await till.DoAsync(line));
}

return 0;

string? Option(string option) => Array.IndexOf(args, option) is >= 0 and var index && index + 1 < args.Length ? args[index + 1] : null;
