using StockAuthority.Core.Inventory;
using static System.FormattableString;

namespace StockAuthority.Cli.Verification;

/// <summary>One tenant's stock as its journal tells it, movement by movement. Keeps levels, never movements.</summary>
internal sealed class TenantLedger(string tenantId, int number, CommandKeys keys, Findings findings)
{
    private readonly Dictionary<StockKey, LevelSum> _levels = [];
    private readonly CommandRun _run = new();
    private readonly byte[] _hash = MovementChain.Genesis;
    private readonly byte[] _expectedHash = new byte[MovementChain.HashLength];
    private bool _isHeadReported;

    public string TenantId { get; } = tenantId;

    /// <summary>Its place among the verified tenants.</summary>
    public int Number { get; } = number;

    /// <summary>The last movement that was taken.</summary>
    public long Sequence { get; private set; }

    public IReadOnlyDictionary<StockKey, LevelSum> Levels => _levels;

    /// <summary>
    /// Reservations up to this number were read, at snapshots of movements that had been taken by then. What later movements
    /// do to them is added to what they hold; what they do to others will be in their rows when those are read.
    /// </summary>
    public long ReservationsReadUpTo { get; set; }

    /// <summary>The checkpoint that it began at; 0 where it began with the first movement.</summary>
    public long Begun { get; private set; }

    /// <summary>The last movement's hash.</summary>
    public byte[] Hash => [.. _hash];

    /// <summary>Begins at a checkpoint; its levels and reservations are still to be added.</summary>
    public void Begin(JournalCheckpoint checkpoint)
    {
        Begun = Sequence = checkpoint.Sequence;
        checkpoint.Hash.CopyTo(_hash, 0);
    }

    public LevelSum Level(StockKey key)
    {
        if (!_levels.TryGetValue(key, out var level))
        {
            _levels.Add(key, level = new LevelSum());
        }

        return level;
    }

    public void Take(Movement movement)
    {
        Link(movement);
        var level = Level(movement.Key);
        level.Take(movement);
        if (!level.IsReported && (level.IsNegative || level.Version != movement.LevelVersion || level.Available != movement.AvailableAfter))
        {
            level.IsReported = true;
            findings.Add(Wrong(movement, level));
        }

        if (movement.ReservationNumber is { } reservation && reservation <= ReservationsReadUpTo)
        {
            level.Hold(reservation, movement);
        }

        TakeKey(movement);
    }

    /// <summary>Everything up to this head was read.</summary>
    public void EndAt(TenantHead head)
    {
        if (Sequence < head.Sequence)
        {
            findings.Add(Missing(Sequence + 1, "no movement"), head.Sequence - Sequence);
            Sequence = head.Sequence;
            head.Hash.CopyTo(_hash, 0);
        }

        // Once: every later head would be as wrong.
        if (!_isHeadReported && Sequence == head.Sequence && !_hash.AsSpan().SequenceEqual(head.Hash))
        {
            _isHeadReported = true;
            findings.Add(new Problem(ProblemKind.WrongHead, "tenants", TenantId, "last_hash", Text(_hash), Text(head.Hash)));
        }
    }

    /// <summary>The sequence and the hash chain. Goes on from the row's own hash, so that each bad row counts once.</summary>
    private void Link(Movement movement)
    {
        if (movement.Sequence != Sequence + 1)
        {
            findings.Add(Missing(Sequence + 1, Invariant($"sequence {movement.Sequence} next")), movement.Sequence - Sequence - 1);
        }
        else
        {
            MovementChain.Next(_hash, TenantId, movement, _expectedHash);
            if (!_expectedHash.AsSpan().SequenceEqual(movement.Hash))
            {
                findings.Add(new Problem(
                    ProblemKind.BrokenHash, "movements", TenantId, Row(movement.Sequence), $"hash {Text(_expectedHash)}", $"hash {Text(movement.Hash)}"));
            }
        }

        Sequence = movement.Sequence;
        movement.Hash.CopyTo(_hash, 0);
    }

    private void TakeKey(Movement movement)
    {
        if (movement.IdempotencyKey != _run.Key)
        {
            _run.Begin(movement);
            keys.Add(this, movement);
            return;
        }

        if (_run.Continue(movement) is { } problem)
        {
            findings.Add(new Problem(
                ProblemKind.RepeatedKey,
                "movements",
                TenantId,
                Row(movement.Sequence),
                Invariant($"one command for key {movement.IdempotencyKey}, from sequence {_run.FirstSequence}"),
                problem));
        }
        else if (_run.Begun == 2 && movement.ReservationNumber == movement.Sequence)
        {
            keys.AddDoubt(this, movement, _run.FirstSequence);
        }
    }

    private Problem Wrong(Movement movement, LevelSum level) => new(
        ProblemKind.WrongMovement,
        "movements",
        TenantId,
        Row(movement.Sequence),
        level.IsNegative
            ? $"no balance of {movement.Key.Sku} at {movement.Key.LocationId} below zero"
            : Invariant($"level version {level.Version} with {level.Available} available"),
        level.IsNegative
            ? LevelText.Balances(level.Level(movement.Key))
            : Invariant($"level version {movement.LevelVersion} with {movement.AvailableAfter} available"));

    private Problem Missing(long sequence, string found) =>
        new(ProblemKind.MissingMovement, "movements", TenantId, Row(sequence), "a movement", found);

    private static string Row(long sequence) => Invariant($"sequence {sequence}");

    private static string Text(byte[] hash) => Convert.ToHexStringLower(hash);
}
