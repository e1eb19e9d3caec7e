using StockAuthority.Core.Inventory;
using static System.FormattableString;

namespace StockAuthority.Cli.Verification;

/// <summary>
/// Verifies what was cut off a journal: each tenant's movements in it lead, hash by hash, from the checkpoint before to the
/// partition's own. So they are to the byte what was verified when it was detached.
/// </summary>
internal sealed class DetachedVerification(LedgerReads reads, VerificationOptions options, Findings findings)
{
    /// <summary>How many partitions were verified.</summary>
    public int Partitions { get; private set; }

    /// <summary>Verifies one partition; answers how many movements that were.</summary>
    public async Task<long> RunAsync(string partition, CancellationToken cancellationToken)
    {
        Partitions++;
        var movements = 0L;
        foreach (var (before, last) in await reads.StretchesAsync(partition, options.TenantId, cancellationToken))
        {
            var chain = new Chain(partition, before, findings);
            int count;
            do
            {
                count = await reads.PartitionAsync(
                    partition, before.TenantId, chain.Sequence, long.MaxValue, options.MovementsPerPage, chain.Take, cancellationToken);
                movements += count;
            }
            while (count > 0);

            chain.EndAt(last);
        }

        return movements;
    }

    private sealed class Chain(string partition, TenantHead before, Findings findings)
    {
        private readonly byte[] _expected = new byte[MovementChain.HashLength];
        private readonly byte[] _hash = [.. before.Hash];

        public long Sequence { get; private set; } = before.Sequence;

        public void Take(Movement movement)
        {
            if (movement.Sequence != Sequence + 1)
            {
                Add(ProblemKind.MissingMovement, Sequence + 1, "a movement", Invariant($"sequence {movement.Sequence} next"), movement.Sequence - Sequence - 1);
            }
            else
            {
                MovementChain.Next(_hash, before.TenantId, movement, _expected);
                if (!_expected.AsSpan().SequenceEqual(movement.Hash))
                {
                    Add(ProblemKind.BrokenHash, movement.Sequence, Text(_expected), Text(movement.Hash));
                }
            }

            Sequence = movement.Sequence;
            movement.Hash.CopyTo(_hash, 0);
        }

        public void EndAt(TenantHead last)
        {
            if (Sequence < last.Sequence)
            {
                Add(ProblemKind.MissingMovement, Sequence + 1, "a movement", "no movement", last.Sequence - Sequence);
            }
            else if (!_hash.AsSpan().SequenceEqual(last.Hash))
            {
                findings.Add(new Problem(
                    ProblemKind.WrongCheckpoint, "journal_checkpoints", before.TenantId, Invariant($"sequence {last.Sequence}"), Text(_hash), Text(last.Hash)));
            }
        }

        private void Add(ProblemKind kind, long sequence, string expected, string found, long count = 1) =>
            findings.Add(new Problem(kind, partition, before.TenantId, Invariant($"sequence {sequence}"), expected, found), count);

        private static string Text(byte[] hash) => $"hash {Convert.ToHexStringLower(hash)}";
    }
}
