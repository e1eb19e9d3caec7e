using Npgsql;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// A batch that is decided from what its lane remembers, as its commands arrive, while the batch before it may still be on its
/// way to the disk. It is written in one round trip that fails as a whole if what was remembered was not true any more.
/// </summary>
internal sealed class RecalledBatch(LedgerRules rules, LaneMemory memory, DateTimeOffset now)
{
    private readonly List<(string TenantId, StockCommand.Reserve Command)> _reserving = [];

    public DecidedBatch Decided { get; } = new(rules, new BatchState(), now);

    /// <summary>Decides the first of these commands.</summary>
    /// <returns>How many; for the next one, something has to be read.</returns>
    public int Decide(List<PendingCommand> commands)
    {
        if (!memory.TryRecall(new BatchNeeds(commands), Decided.State))
        {
            return 0;
        }

        for (var index = 0; index < commands.Count; index++)
        {
            // Neither the reservations that are at risk are remembered, nor the answers that keys have already: a recorded
            // answer would meet an older one when it is written, any other would not.
            var command = commands[index];
            if (!Decided.State.KeysAtRisk(command).IsEmpty || !Decided.TryDecideRecorded(command))
            {
                return index;
            }

            if (command.Command is StockCommand.Reserve reserve)
            {
                _reserving.Add((command.TenantId, reserve));
            }
        }

        return commands.Count;
    }

    /// <summary>Makes ready what is written, once nothing is added any more.</summary>
    public void Seal() => Decided.Seal(_reserving);

    /// <summary>Writes it; see <see cref="BatchWrite.CommitAsync"/>.</summary>
    public Task CommitAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        Decided.CommitAsync(connection, _reserving, cancellationToken);
}
