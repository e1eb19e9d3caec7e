using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Erp.Tryton;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;

namespace StockAuthority.Connectors.Erp.Tests.Hosts;

/// <summary>A tenant's stock and payments here, and what Tryton has of them.</summary>
internal sealed class Books(ErpStand stand, string tenant)
{
    private readonly TrytonRpc _tryton = stand.Rpc();
    private int _keys;

    public InventoryService.InventoryServiceClient Inventory => new(stand.Channel);

    public PostingService.PostingServiceClient Postings => new(stand.Channel);

    private string Key => string.Create(CultureInfo.InvariantCulture, $"{tenant}-{Interlocked.Increment(ref _keys)}");

    public async Task AdjustAsync(string sku, long quantity, AdjustmentReason reason = AdjustmentReason.Receipt, string location = ErpStand.Location) =>
        await Inventory.AdjustAsync(new AdjustRequest
        {
            TenantId = tenant,
            IdempotencyKey = Key,
            DocumentRef = "doc",
            Reason = reason,
            Lines = { new StockLine { Sku = sku, LocationId = location, Quantity = quantity } },
        });

    public async Task<Reservation> ReserveAsync(string sku, long quantity, string order) => (await Inventory.ReserveAsync(new ReserveRequest
    {
        TenantId = tenant,
        IdempotencyKey = Key,
        OrderRef = order,
        Lines = { new StockLine { Sku = sku, LocationId = ErpStand.Location, Quantity = quantity } },
    })).Reservation;

    public async Task PayAsync(PaymentEventType type, string payment, string order, long minorUnits, string currency = "EUR") =>
        await new PaymentEventService.PaymentEventServiceClient(stand.Channel).ApplyPaymentEventAsync(new ApplyPaymentEventRequest
        {
            TenantId = tenant,
            IdempotencyKey = Key,
            Event = new PaymentEvent
            {
                EventType = type,
                Provider = "stripe",
                Account = "test",
                ProviderEventId = Key,
                PaymentObjectId = payment,
                ModificationRef = Key,
                OrderRef = order,
                Amount = new Money { Currency = currency, MinorUnits = minorUnits },
                FullAmount = true,
                OccurTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
                SchemaVersion = 1,
            },
        });

    /// <summary>Until the connector has acknowledged all there is.</summary>
    public async Task<bool> CaughtUpAsync()
    {
        var feed = await new ChangeFeedService.ChangeFeedServiceClient(stand.Channel).GetCheckpointAsync(
            new GetCheckpointRequest { TenantId = tenant, Consumer = DevHost.Processes.Services.ErpConsumer });
        var intents = await Postings.GetPostingCheckpointAsync(new GetPostingCheckpointRequest { TenantId = tenant, Consumer = DevHost.Processes.Services.ErpConsumer });
        return feed.Sequence == feed.HeadSequence && intents.IntentNumber == intents.HeadIntentNumber;
    }

    public Task WaitAsync() => Eventually.Holds(CaughtUpAsync, TimeSpan.FromSeconds(90));

    public async Task<List<Posting>> ListPostingsAsync()
    {
        List<Posting> all = [];
        var request = new ListPostingsRequest { TenantId = tenant, PageSize = 500 };
        do
        {
            var page = await Postings.ListPostingsAsync(request);
            all.AddRange(page.Postings);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return all;
    }

    /// <summary>Stock moves in state done whose note names an origin of the tenant.</summary>
    public async Task<List<(string Origin, string Document, double Quantity, long From, long To)>> StockMovesAsync()
    {
        var notes = await _tryton.SearchAsync("ir.note", [new JsonArray("message", "like", $"stockauthority:{tenant}:%")], ["message", "resource"], CancellationToken.None);
        var moves = (await _tryton.SearchAsync(
            "stock.move",
            [new JsonArray("id", "in", TrytonRpc.Ids(notes.Select(note => long.Parse(note!["resource"]!.ToString().Split(',')[1], CultureInfo.InvariantCulture)))), new JsonArray("state", "=", "done")],
            ["quantity", "from_location", "to_location"],
            CancellationToken.None)).ToDictionary(move => $"stock.move,{move!["id"]}", move => move!);
        return
        [
            .. notes.Where(note => moves.ContainsKey(note!["resource"]!.ToString())).Select(note => (note!["message"]!.ToString().Split(':')[2], note["resource"]!.ToString(), moves[note["resource"]!.ToString()]))
                .Select(each => (each.Item1, each.Item2, each.Item3["quantity"]!.GetValue<double>(), each.Item3["from_location"]!.GetValue<long>(), each.Item3["to_location"]!.GetValue<long>())),
        ];
    }

    /// <summary>Posted account moves of the tenant, with what they debit and credit.</summary>
    public async Task<List<(string Origin, string Document, decimal Debit, decimal Credit)>> AccountMovesAsync()
    {
        var moves = await _tryton.SearchAsync(
            "account.move", [new JsonArray("description", "like", $"stockauthority:{tenant}:%"), new JsonArray("state", "=", "posted")], ["description"], CancellationToken.None);
        var lines = await _tryton.SearchAsync(
            "account.move.line", [new JsonArray("move", "in", TrytonRpc.Ids(moves.Select(move => move!["id"]!.GetValue<long>())))], ["move", "debit", "credit"], CancellationToken.None);
        return
        [
            .. moves.Select(move => (
                move!["description"]!.ToString().Split(':')[2],
                $"account.move,{move["id"]}",
                lines.Where(line => line!["move"]!.ToString() == move["id"]!.ToString()).Sum(line => Amount(line!["debit"]!)),
                lines.Where(line => line!["move"]!.ToString() == move["id"]!.ToString()).Sum(line => Amount(line!["credit"]!)))),
        ];
    }

    public async Task<long> PlaceAsync(string code) =>
        (await _tryton.SearchAsync("stock.location", [new JsonArray("OR", new JsonArray("code", "=", code), new JsonArray("name", "=", code))], ["id"], CancellationToken.None)).Single()!["id"]!.GetValue<long>();

    private static decimal Amount(JsonNode value) => decimal.Parse(value["decimal"]!.ToString(), CultureInfo.InvariantCulture);
}
