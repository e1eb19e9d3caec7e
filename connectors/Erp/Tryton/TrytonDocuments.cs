using System.Globalization;
using System.Text.Json.Nodes;
using StockAuthority.Connectors.Runtime.Journal;

namespace StockAuthority.Connectors.Erp.Tryton;

/// <summary>A document that has its origin.</summary>
internal sealed record BegunDocument(string Reference, long Id);

/// <summary>Documents that begin as drafts and then count.</summary>
internal abstract class TrytonDocuments(TrytonRpc rpc, string model, string finalState, string finish, string withdraw)
{
    protected TrytonRpc Rpc => rpc;

    protected string Model => model;

    /// <summary>Documents with these references, drafts or not; of one reference there may be several drafts.</summary>
    public abstract Task<IReadOnlyList<BegunDocument>> BegunAsync(IReadOnlyCollection<string> references, CancellationToken cancellationToken);

    /// <summary>Makes drafts with their references.</summary>
    public abstract Task<IReadOnlyList<BegunDocument>> BeginAsync(IReadOnlyList<(string Reference, JsonObject Draft)> drafts, CancellationToken cancellationToken);

    /// <summary>Makes one document of each reference count, and answers it.</summary>
    /// <exception cref="TrytonRefusalException">Some cannot count.</exception>
    public async Task<IReadOnlyDictionary<string, PostedDocument>> FinishAsync(IReadOnlyList<BegunDocument> begun, CancellationToken cancellationToken)
    {
        if (begun.Count == 0)
        {
            return new Dictionary<string, PostedDocument>(StringComparer.Ordinal);
        }

        var states = await StatesAsync(begun, cancellationToken);
        List<long> surplus = [];
        foreach (var same in begun.GroupBy(each => each.Reference))
        {
            if (!same.Any(each => IsFinal(states, each.Id)))
            {
                surplus.AddRange(same.Select(each => each.Id).Where(id => IsDraft(states, id)).OrderDescending().Skip(1));
            }
        }

        if (surplus.Count > 0)
        {
            // A late request may still finish one of these: withdrawn, it cannot; finished, it is the one that counts.
            await rpc.CallAsync(model, withdraw, [TrytonRpc.Ids(surplus)], cancellationToken);
            states = await StatesAsync(begun, cancellationToken);
        }

        long[] open = [.. begun.GroupBy(each => each.Reference).Where(same => !same.Any(each => IsFinal(states, each.Id))).SelectMany(same => same).Select(each => each.Id).Where(id => IsDraft(states, id))];
        if (open.Length > 0)
        {
            try
            {
                await rpc.CallAsync(model, finish, [TrytonRpc.Ids(open)], cancellationToken);
            }
            catch (TrytonRefusalException) when (!cancellationToken.IsCancellationRequested)
            {
                // What a late request has finished meanwhile is refused a second time.
                states = await StatesAsync(begun, cancellationToken);
                if (!open.All(id => IsFinal(states, id)))
                {
                    throw;
                }
            }

            states = await StatesAsync(begun, cancellationToken);
        }

        return begun.GroupBy(each => each.Reference)
            .Select(same => (same.Key, Document: same.FirstOrDefault(each => IsFinal(states, each.Id))))
            .Where(each => each.Document is not null)
            .ToDictionary(
                each => each.Key,
                each => new PostedDocument(
                    string.Create(CultureInfo.InvariantCulture, $"{model},{each.Document!.Id}"),
                    TrytonRpc.Time(states[each.Document.Id]["write_date"] ?? states[each.Document.Id]["create_date"]!)),
                StringComparer.Ordinal);
    }

    protected async Task<long[]> CreateAsync(string of, IEnumerable<JsonObject> records, CancellationToken cancellationToken) =>
        [.. (await rpc.CallAsync(of, "create", [new JsonArray([.. records])], cancellationToken))!.AsArray().Select(id => id!.GetValue<long>())];

    private bool IsFinal(Dictionary<long, JsonNode> states, long id) => states.TryGetValue(id, out var state) && state["state"]!.ToString() == finalState;

    private static bool IsDraft(Dictionary<long, JsonNode> states, long id) => states.TryGetValue(id, out var state) && state["state"]!.ToString() == "draft";

    private async Task<Dictionary<long, JsonNode>> StatesAsync(IReadOnlyList<BegunDocument> documents, CancellationToken cancellationToken)
    {
        // By search and not by read: one that was withdrawn may be gone.
        var found = await rpc.SearchAsync(
            model, new JsonArray(new JsonArray("id", "in", TrytonRpc.Ids(documents.Select(each => each.Id)))), ["state", "create_date", "write_date"], cancellationToken);
        return found.ToDictionary(each => each!["id"]!.GetValue<long>(), each => each!);
    }
}

/// <summary>Stock moves; a note on a move says its origin.</summary>
internal sealed class StockMoves(TrytonRpc rpc) : TrytonDocuments(rpc, "stock.move", "done", "do", "cancel")
{
    private const string Notes = "ir.note";

    public override async Task<IReadOnlyList<BegunDocument>> BegunAsync(IReadOnlyCollection<string> references, CancellationToken cancellationToken)
    {
        var notes = await Rpc.SearchAsync(
            Notes,
            new JsonArray(new JsonArray("message", "in", TrytonRpc.Texts(references)), new JsonArray("resource", "like", Model + ",%")),
            ["message", "resource"],
            cancellationToken);
        return
        [
            .. notes.Select(note => new BegunDocument(
                note!["message"]!.ToString(), long.Parse(note["resource"]!.ToString().AsSpan(Model.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture))),
        ];
    }

    public override async Task<IReadOnlyList<BegunDocument>> BeginAsync(IReadOnlyList<(string Reference, JsonObject Draft)> drafts, CancellationToken cancellationToken)
    {
        if (drafts.Count == 0)
        {
            return [];
        }

        var ids = await CreateAsync(Model, drafts.Select(each => each.Draft), cancellationToken);
        await CreateAsync(
            Notes,
            drafts.Zip(ids, (each, id) => new JsonObject { ["resource"] = string.Create(CultureInfo.InvariantCulture, $"{Model},{id}"), ["message"] = each.Reference }),
            cancellationToken);
        return [.. drafts.Zip(ids, (each, id) => new BegunDocument(each.Reference, id))];
    }
}

/// <summary>Account moves; the description is the origin.</summary>
internal sealed class AccountMoves(TrytonRpc rpc) : TrytonDocuments(rpc, "account.move", "posted", "post", "delete")
{
    public override async Task<IReadOnlyList<BegunDocument>> BegunAsync(IReadOnlyCollection<string> references, CancellationToken cancellationToken) =>
    [
        .. (await Rpc.SearchAsync(Model, new JsonArray(new JsonArray("description", "in", TrytonRpc.Texts(references))), ["description"], cancellationToken))
            .Select(move => new BegunDocument(move!["description"]!.ToString(), move["id"]!.GetValue<long>())),
    ];

    public override async Task<IReadOnlyList<BegunDocument>> BeginAsync(IReadOnlyList<(string Reference, JsonObject Draft)> drafts, CancellationToken cancellationToken)
    {
        if (drafts.Count == 0)
        {
            return [];
        }

        var ids = await CreateAsync(Model, drafts.Select(each => each.Draft), cancellationToken);
        return [.. drafts.Zip(ids, (each, id) => new BegunDocument(each.Reference, id))];
    }
}
