using StockAuthority.Core.Inventory;
using static System.FormattableString;

namespace StockAuthority.Cli.Verification;

/// <summary>
/// Verifies a ledger that may be written meanwhile, in short transactions and bounded memory. First each tenant's journal is
/// read up to the head that it had, which makes the levels. Then the tables are read in pages, each page in one snapshot
/// together with the heads: the journals are read on to exactly these heads, and then the rows must be exactly what the
/// movements say. So nothing has to be retried, and no row is ever compared with another moment's movements.
/// </summary>
internal sealed class LedgerVerification
{
    /// <summary>Outcomes may be younger than their movements by as much as servers' clocks differ, and are deleted by their own age.</summary>
    private static readonly TimeSpan ClockMargin = TimeSpan.FromHours(1);

    private readonly LedgerReads _reads;
    private readonly VerificationOptions _options;
    private readonly Action<VerificationProgress> _onProgress;
    private readonly CommandKeys _keys;
    private readonly Findings _findings;
    private readonly HashSet<string> _lostHeads = new(StringComparer.Ordinal);
    private DetachedVerification? _detached;
    private long _movements;
    private long _expectedMovements;
    private long _levels;
    private long _reservations;

    private LedgerVerification(LedgerReads reads, VerificationOptions options, Action<VerificationProgress> onProgress, CommandKeys keys, Findings findings) =>
        (_reads, _options, _onProgress, _keys, _findings) = (reads, options, onProgress, keys, findings);

    /// <exception cref="VerificationException">There is nothing to verify.</exception>
    public static async Task<VerificationReport> RunAsync(
        string connectionString,
        VerificationOptions options,
        Action<VerificationProgress> onProgress,
        TimeProvider time,
        CancellationToken cancellationToken = default)
    {
        var started = time.GetTimestamp();
        var findings = new Findings();
        await using var source = LedgerReads.Source(connectionString);
        var reads = new LedgerReads(source);
        await using var journalLock = await reads.LockAsync(cancellationToken)
            ?? throw new VerificationException("The journal is being cut by stockctl journal detach: verify it afterwards.");
        using var keys = new CommandKeys(reads, options, time.GetUtcNow() - options.OutcomeRetention + ClockMargin, findings);
        var verification = new LedgerVerification(reads, options, onProgress, keys, findings);
        var tenants = await verification.RunAsync(cancellationToken);
        return new VerificationReport(
            tenants,
            verification._movements,
            verification._levels,
            verification._reservations,
            verification._detached?.Partitions,
            time.GetElapsedTime(started),
            findings.ByKind());
    }

    private async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var tenants = await _reads.TenantsAsync(_options.TenantId, cancellationToken);
        if (tenants.Count == 0 && _options.TenantId is { } wanted)
        {
            throw new VerificationException($"The ledger has no tenant {wanted}.");
        }

        _expectedMovements = tenants.Sum(tenant => tenant.JournalEnd - (tenant.Checkpoint?.Sequence ?? 0));
        List<TenantLedger> group = [];
        var number = 0;
        foreach (var (tenantId, head, journalEnd, checkpoint) in tenants)
        {
            var ledger = new TenantLedger(tenantId, number++, _keys, _findings);
            group.Add(ledger);
            if (checkpoint is not null)
            {
                await CheckpointReading.BeginAsync(_reads, ledger, checkpoint, _options.RowsPerPage, _findings, cancellationToken);
            }

            await ReadJournalAsync(ledger, head, Math.Max(journalEnd, ledger.Sequence), cancellationToken);
            if (group.Sum(each => (long)each.Levels.Count) >= _options.LevelsInMemory)
            {
                await CompareAsync(group, cancellationToken);
                group.Clear();
            }
        }

        await CompareAsync(group, cancellationToken);
        _onProgress(new VerificationProgress("keys", 0));
        await _keys.FinishAsync(cancellationToken);
        await ReadCutPartitionsAsync(cancellationToken);
        return tenants.Count;
    }

    /// <summary>
    /// What was cut off, against the checkpoints: where it is wanted, and where a detachment was interrupted before the partition
    /// was gone, since no sequence that can be read may go unverified.
    /// </summary>
    private async Task ReadCutPartitionsAsync(CancellationToken cancellationToken)
    {
        var partitions = await _reads.CutPartitionsAsync(cancellationToken);
        _detached = _options.WithDetached ? new DetachedVerification(_reads, _options, _findings) : null;
        var attached = new DetachedVerification(_reads, _options, _findings);
        foreach (var (partition, isAttached) in partitions)
        {
            if (isAttached || _detached is not null)
            {
                _onProgress(new VerificationProgress(partition, 0));
                _movements += await (isAttached ? attached : _detached!).RunAsync(partition, cancellationToken);
            }
        }
    }

    private async Task ReadJournalAsync(TenantLedger ledger, TenantHead? head, long journalEnd, CancellationToken cancellationToken)
    {
        if (head is { } known && known.Sequence >= journalEnd)
        {
            await AdvanceAsync(ledger, known, cancellationToken);
            return;
        }

        // Movements that no head knows of: the server cannot have written them. They are read all the same.
        _lostHeads.Add(ledger.TenantId);
        _findings.Add(new Problem(
            ProblemKind.WrongHead, "tenants", ledger.TenantId, "last_sequence", $"{journalEnd}", head is { } behind ? $"{behind.Sequence}" : "no such tenant"));
        await ReadOnAsync(ledger, journalEnd, cancellationToken);
    }

    /// <summary>Reads the journal on to a head that was read later.</summary>
    private async Task AdvanceAsync(TenantLedger ledger, TenantHead head, CancellationToken cancellationToken)
    {
        if (!_lostHeads.Contains(ledger.TenantId))
        {
            await ReadOnAsync(ledger, head.Sequence, cancellationToken);
            ledger.EndAt(head);
        }
    }

    private async Task ReadOnAsync(TenantLedger ledger, long upTo, CancellationToken cancellationToken)
    {
        while (ledger.Sequence < upTo)
        {
            var count = await _reads.JournalAsync(ledger.TenantId, ledger.Sequence, upTo, _options.MovementsPerPage, ledger.Take, cancellationToken);
            await _keys.EndPageAsync(cancellationToken);
            if (count == 0)
            {
                return;
            }

            _movements += count;
            _onProgress(new VerificationProgress("journal", (double)_movements / Math.Max(_movements, _expectedMovements)));
        }
    }

    /// <summary>Compares what the journals say with the tables. Several tenants at once, since the tables' keys do not lead with the tenant.</summary>
    private async Task CompareAsync(List<TenantLedger> group, CancellationToken cancellationToken)
    {
        var byTenant = group.ToDictionary(ledger => ledger.TenantId, StringComparer.Ordinal);
        List<string> tenants = [.. byTenant.Keys];
        if (tenants.Count == 0)
        {
            return;
        }

        _onProgress(new VerificationProgress("levels", 0));
        await ReadLevelsAsync(byTenant, tenants, cancellationToken);
        _onProgress(new VerificationProgress("reservations", 0));
        await ReadReservationsAsync(byTenant, tenants, cancellationToken);
        foreach (var ledger in group)
        {
            await ReadUnseenLevelsAsync(ledger, cancellationToken);
            await CompareHoldingsAsync(ledger, cancellationToken);
        }
    }

    private async Task ReadLevelsAsync(Dictionary<string, TenantLedger> group, List<string> tenants, CancellationToken cancellationToken)
    {
        var expected = group.Values.Sum(ledger => (long)ledger.Levels.Count);
        LevelRow? last = null;
        for (var done = 0L; ;)
        {
            var page = await _reads.LevelsAsync(tenants, last, _options.RowsPerPage, cancellationToken);
            await AdvanceAsync(group, page.Heads, page.Rows.Select(row => row.TenantId), cancellationToken);
            foreach (var row in page.Rows)
            {
                Compare(group[row.TenantId], row.Level);
            }

            if (page.Rows.Count < _options.RowsPerPage)
            {
                return;
            }

            last = page.Rows[^1];
            done += page.Rows.Count;
            _onProgress(new VerificationProgress("levels", (double)done / Math.Max(done, expected)));
        }
    }

    /// <summary>
    /// Adds up what reservations hold. A page is what they held at its heads; movements after these that concern reservations
    /// already read are added by the ledger when it takes them. So in the end both sums are of one moment, the last movement
    /// that was taken, although no two pages are.
    /// </summary>
    private async Task ReadReservationsAsync(Dictionary<string, TenantLedger> group, List<string> tenants, CancellationToken cancellationToken)
    {
        var end = group.Values.Max(ledger => ledger.Sequence);
        for (var last = 0L; last < long.MaxValue;)
        {
            var page = await _reads.ReservationsAsync(tenants, last, _options.RowsPerPage, cancellationToken);
            await AdvanceAsync(group, page.Heads, page.Rows.Select(row => row.TenantId), cancellationToken);
            foreach (var row in page.Rows)
            {
                Hold(group[row.TenantId], row);
            }

            await FindUnplannedAsync(page.Rows, cancellationToken);

            // After the last page whatever begins is known from its movements alone.
            last = page.Rows.Count < _options.RowsPerPage ? long.MaxValue : page.Rows[^1].Number;
            foreach (var ledger in group.Values)
            {
                ledger.ReservationsReadUpTo = last;
            }

            _onProgress(new VerificationProgress("reservations", Math.Min(1, (double)last / Math.Max(1, end))));
        }
    }

    /// <summary>Only those of which the page has rows: the others' rows will be in a later page, or are known from movements that are still to be taken.</summary>
    private async Task AdvanceAsync(
        Dictionary<string, TenantLedger> group, IReadOnlyDictionary<string, TenantHead> heads, IEnumerable<string> tenants, CancellationToken cancellationToken)
    {
        foreach (var tenantId in tenants.Distinct(StringComparer.Ordinal))
        {
            if (heads.TryGetValue(tenantId, out var head))
            {
                await AdvanceAsync(group[tenantId], head, cancellationToken);
            }
        }
    }

    private void Compare(TenantLedger ledger, StockLevel found)
    {
        _levels++;
        if (!ledger.Levels.TryGetValue(found.Key, out var sum))
        {
            _findings.Add(new Problem(
                ProblemKind.WrongLevel, "stock_levels", ledger.TenantId, LevelText.Row(found.Key), "no row, as it has no movement", LevelText.Balances(found)));
            return;
        }

        sum.IsSeen = true;
        var expected = sum.Level(found.Key);
        if (expected != found)
        {
            _findings.Add(new Problem(
                ProblemKind.WrongLevel,
                "stock_levels",
                ledger.TenantId,
                LevelText.Row(found.Key),
                LevelText.Difference(expected, found),
                LevelText.Difference(found, expected)));
        }
    }

    private void Hold(TenantLedger ledger, ReservationRow row)
    {
        _reservations++;
        try
        {
            ReservationLines.Read(row.Lines, (key, reserved, committed) => ledger.Level(key).Hold(row.Number, reserved, committed));
        }
        catch (VerificationException error)
        {
            _findings.Add(new Problem(
                ProblemKind.WrongReservation, "reservations", ledger.TenantId, $"reservation {row.Number}", "lines that can be", error.Message));
        }
    }

    /// <summary>Active reservations that the sweep will not find. What a page says may be over by now, so suspects are asked once more.</summary>
    private async Task FindUnplannedAsync(IReadOnlyList<ReservationRow> rows, CancellationToken cancellationToken)
    {
        List<ReservationRow> active = [.. rows.Where(row => row.ExpireAt is not null)];
        if (active.Count == 0)
        {
            return;
        }

        var planned = await _reads.ExpiriesAsync([.. active.Select(row => (row.TenantId, row.ExpireAt!.Value)).Distinct()], cancellationToken);
        List<ReservationRow> suspects = [.. active.Where(row => !planned.Contains((row.TenantId, row.ExpireAt!.Value, row.Number)))];
        if (suspects.Count == 0)
        {
            return;
        }

        foreach (var place in await _reads.WithoutExpiryAsync(suspects, cancellationToken))
        {
            var row = suspects[place];
            _findings.Add(new Problem(
                ProblemKind.MissingExpiry, "expiries", row.TenantId, $"reservation {row.Number}", Invariant($"named at {row.ExpireAt:O}"), "not named there"));
        }
    }

    /// <summary>
    /// Levels of which no page had a row: the row is missing, or was made behind the place where the pages were. Those that
    /// begin to exist from here on are the next verification's.
    /// </summary>
    private async Task ReadUnseenLevelsAsync(TenantLedger ledger, CancellationToken cancellationToken)
    {
        List<StockKey> unseen = [.. ledger.Levels.Where(level => !level.Value.IsSeen && level.Value.Version > 0).Select(level => level.Key)];
        foreach (var keys in unseen.Chunk(_options.RowsPerPage))
        {
            var page = await _reads.LevelsAsync(ledger.TenantId, keys, cancellationToken);
            if (page.Heads.TryGetValue(ledger.TenantId, out var head))
            {
                await AdvanceAsync(ledger, head, cancellationToken);
            }

            foreach (var row in page.Rows)
            {
                Compare(ledger, row.Level);
            }

            foreach (var key in keys)
            {
                if (!ledger.Levels[key].IsSeen)
                {
                    _findings.Add(new Problem(
                        ProblemKind.WrongLevel, "stock_levels", ledger.TenantId, LevelText.Row(key), LevelText.Balances(ledger.Level(key).Level(key)), "no row"));
                }
            }
        }
    }

    private async Task CompareHoldingsAsync(TenantLedger ledger, CancellationToken cancellationToken)
    {
        var isNamed = false;
        foreach (var (key, sum) in ledger.Levels)
        {
            if (sum.IsHeld)
            {
                continue;
            }

            // The key is known at once; which of its reservations it is takes a look at all its movements.
            var differing = isNamed ? null : await _reads.DifferingReservationAsync(ledger.TenantId, key, ledger.Begun, cancellationToken);
            isNamed = true;
            _findings.Add(differing is null
                ? new Problem(
                    ProblemKind.WrongReservation,
                    "reservations",
                    ledger.TenantId,
                    LevelText.Row(key),
                    Units(sum.Reserved, sum.Committed),
                    Units(sum.HeldReserved, sum.HeldCommitted))
                : new Problem(
                    ProblemKind.WrongReservation,
                    "reservations",
                    ledger.TenantId,
                    $"reservation {differing.Number}, {LevelText.Row(key)}",
                    Units(differing.MovedReserved, differing.MovedCommitted),
                    differing.Exists ? Units(differing.HeldReserved, differing.HeldCommitted) : "no such line"));
        }
    }

    private static string Units(long reserved, long committed) => $"reserved {reserved}, committed {committed}";
}
