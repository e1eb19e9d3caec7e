using System.Globalization;
using System.Text;

namespace StockAuthority.Cli.Journal;

/// <summary>What is printed, for people and for programs.</summary>
internal static class JournalOutput
{
    public static string Text(IReadOnlyList<DetachedPartition> partitions)
    {
        var text = new StringBuilder();
        foreach (var partition in partitions)
        {
            foreach (var (tenant, sequence, seal) in partition.Checkpoints)
            {
                text.Append(CultureInfo.InvariantCulture, $"tenant {tenant}: up to sequence {sequence}, seal {seal}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"detached {partition.Partition}: {partition.Movements:#,0} movements\n");
        }

        return text.ToString().TrimEnd();
    }

    public static string Json(IReadOnlyList<DetachedPartition> partitions) => JsonOutput.Of(new DetachResult("detached") { Partitions = partitions });
}

/// <param name="Status"><c>detached</c> or <c>refused</c>, as the exit code.</param>
internal sealed record DetachResult(string Status)
{
    public string? Reason { get; init; }

    public string? Error { get; init; }

    public IReadOnlyList<DetachedPartition>? Partitions { get; init; }
}

/// <summary>A partition that is a table of its own now.</summary>
/// <param name="Partition">The table's name.</param>
/// <param name="Movements">How many it has.</param>
/// <param name="Checkpoints">Of the tenants that have movements in it.</param>
internal sealed record DetachedPartition(string Partition, long Movements, IReadOnlyList<RecordedCheckpoint> Checkpoints);

/// <param name="TenantId">Whose it is.</param>
/// <param name="Sequence">Its journal is cut after this.</param>
/// <param name="Seal">In hexadecimal. Kept elsewhere, it proves the checkpoint against whoever can write the database.</param>
internal sealed record RecordedCheckpoint(string TenantId, long Sequence, string Seal);
