namespace StockAuthority.Cli.Verification;

/// <summary>Lets a tenant's ledger begin at its checkpoint, page by page, and makes sure that this is what was sealed.</summary>
internal static class CheckpointReading
{
    public static async Task BeginAsync(
        LedgerReads reads, TenantLedger ledger, JournalCheckpoint checkpoint, int rowsPerPage, Findings findings, CancellationToken cancellationToken)
    {
        ledger.Begin(checkpoint);
        using var sealing = new CheckpointSeal(checkpoint.TenantId, checkpoint.Sequence, checkpoint.Hash);
        await ReadLevelsAsync(reads, ledger, rowsPerPage, sealing, cancellationToken);
        await ReadReservationsAsync(reads, ledger, rowsPerPage, sealing, cancellationToken);
        var seal = sealing.Finish();
        if (!seal.AsSpan().SequenceEqual(checkpoint.Seal))
        {
            findings.Add(new Problem(
                ProblemKind.WrongCheckpoint,
                "journal_checkpoints",
                checkpoint.TenantId,
                $"sequence {checkpoint.Sequence}",
                $"seal {Convert.ToHexStringLower(seal)}",
                $"seal {Convert.ToHexStringLower(checkpoint.Seal)}"));
        }
    }

    private static async Task ReadLevelsAsync(
        LedgerReads reads, TenantLedger ledger, int rowsPerPage, CheckpointSeal sealing, CancellationToken cancellationToken)
    {
        for (var after = 0L; ;)
        {
            var page = await reads.CheckpointLevelsAsync(ledger.TenantId, after, rowsPerPage, cancellationToken);
            foreach (var level in page)
            {
                sealing.Add(level);
                ledger.Level(level.Key).Begin(level);
            }

            if (page.Count < rowsPerPage)
            {
                return;
            }

            after = page[^1].Sequence;
        }
    }

    private static async Task ReadReservationsAsync(
        LedgerReads reads, TenantLedger ledger, int rowsPerPage, CheckpointSeal sealing, CancellationToken cancellationToken)
    {
        for (CheckpointReservation? after = null; ;)
        {
            var page = await reads.CheckpointReservationsAsync(ledger.TenantId, after, rowsPerPage, cancellationToken);
            foreach (var held in page)
            {
                sealing.Add(held);
                ledger.Level(held.Key).Begin(held);
            }

            if (page.Count < rowsPerPage)
            {
                return;
            }

            after = page[^1];
        }
    }
}
