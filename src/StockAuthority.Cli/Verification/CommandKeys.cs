using System.IO.Hashing;
using System.Runtime.InteropServices;
using StockAuthority.Core.Inventory;
using static System.FormattableString;

namespace StockAuthority.Cli.Verification;

/// <summary>
/// That each key caused one command and has its outcome. The journal hands over where each key begins to be used. Outcomes
/// are looked up page by page, while the next page of the journal is read. Keys that come again later are found in the end,
/// by sorting hashes of them; whether two equal hashes are one key is asked of the rows.
/// </summary>
internal sealed class CommandKeys(LedgerReads reads, VerificationOptions options, DateTimeOffset outcomesSince, Findings findings) : IDisposable
{
    /// <summary>Pairs of rows that are compared at once.</summary>
    private const int PairsPerRead = 1_000;

    private readonly List<string> _tenants = [];
    private readonly SortedKeys _sorted = new(options.KeysInMemory);
    private List<UsedKey> _page = [];
    private List<UsedKey> _lookedUp = [];
    private List<UsedKey> _doubts = [];
    private Task _lookUp = Task.CompletedTask;

    /// <summary>A command begins with this movement.</summary>
    public void Add(TenantLedger ledger, Movement movement)
    {
        while (_tenants.Count <= ledger.Number)
        {
            _tenants.Add(ledger.TenantId);
        }

        var hash = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(movement.IdempotencyKey.AsSpan()));
        _sorted.Add(new KeyEntry(hash, movement.Sequence, ledger.Number));

        // An expiry has no caller, so no outcome.
        if (movement.Operation != StockOperation.Expire && movement.RecordedAt >= outcomesSince)
        {
            _page.Add(new UsedKey(ledger.TenantId, movement.IdempotencyKey, movement.Sequence, null));
        }
    }

    /// <summary>A key began a second reservation: right for a payment's order, whose payments may ask for more, for no other.</summary>
    public void AddDoubt(TenantLedger ledger, Movement movement, long firstSequence) =>
        _doubts.Add(new UsedKey(ledger.TenantId, movement.IdempotencyKey, firstSequence, movement.OrderRef));

    /// <summary>Looks up what the page had; returns while that goes on, so that two pages at most are in memory.</summary>
    public async Task EndPageAsync(CancellationToken cancellationToken)
    {
        await _lookUp;
        (_lookedUp, _page) = (_page, _lookedUp);
        _page.Clear();
        (var doubts, _doubts) = (_doubts, []);
        _lookUp = LookUpAsync(_lookedUp, doubts, cancellationToken);
    }

    /// <summary>Finishes the look-ups and finds the keys that were used again later.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await EndPageAsync(cancellationToken);
        await _lookUp;
        var pairs = new List<(string TenantId, long First, long Again)>();
        var first = default(KeyEntry);
        foreach (var entry in _sorted.Sorted())
        {
            if (entry.Hash != first.Hash || entry.Tenant != first.Tenant || first.Sequence == 0)
            {
                first = entry;
                continue;
            }

            pairs.Add((_tenants[entry.Tenant], first.Sequence, entry.Sequence));
            if (pairs.Count == PairsPerRead)
            {
                await CompareAsync(pairs, cancellationToken);
                pairs.Clear();
            }
        }

        await CompareAsync(pairs, cancellationToken);
    }

    public void Dispose() => _sorted.Dispose();

    private async Task LookUpAsync(List<UsedKey> page, List<UsedKey> doubts, CancellationToken cancellationToken)
    {
        if (page.Count > 0)
        {
            foreach (var index in await reads.WithoutOutcomeAsync(page, cancellationToken))
            {
                var used = page[index];
                findings.Add(new Problem(
                    ProblemKind.MissingOutcome, "outcomes", used.TenantId, $"key {used.Key}", Invariant($"the outcome of sequence {used.Sequence}"), "none"));
            }
        }

        if (doubts.Count > 0)
        {
            foreach (var index in await reads.WithoutPaymentAsync(doubts, cancellationToken))
            {
                var used = doubts[index];
                findings.Add(new Problem(
                    ProblemKind.RepeatedKey,
                    "movements",
                    used.TenantId,
                    Invariant($"sequence {used.Sequence}"),
                    $"one reservation for key {used.Key}",
                    "a second one"));
            }
        }
    }

    private async Task CompareAsync(List<(string TenantId, long First, long Again)> pairs, CancellationToken cancellationToken)
    {
        if (pairs.Count == 0)
        {
            return;
        }

        foreach (var (index, key) in await reads.EqualKeysAsync(pairs, cancellationToken))
        {
            var (tenantId, first, again) = pairs[index];
            findings.Add(new Problem(
                ProblemKind.RepeatedKey,
                "movements",
                tenantId,
                Invariant($"sequence {again}"),
                Invariant($"one command for key {key}, from sequence {first}"),
                "another one"));
        }
    }
}

/// <summary>A key and where it began to be used.</summary>
internal readonly record struct UsedKey(string TenantId, string Key, long Sequence, string? OrderRef);
