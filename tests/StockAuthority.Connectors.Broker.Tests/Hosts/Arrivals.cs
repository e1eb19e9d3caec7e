using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.Extensions;
using CloudNative.CloudEvents.SystemTextJson;
using Shouldly;
using StockAuthority.Testing;

namespace StockAuthority.Connectors.Broker.Tests.Hosts;

/// <summary>What a consumer of the platform got, in its order, read by the CloudEvents library.</summary>
internal sealed class Arrivals(string tenant)
{
    private static readonly JsonEventFormatter Formatter = new();
    private readonly ConcurrentQueue<Arrival> _all = [];

    public IReadOnlyList<Arrival> All => [.. _all];

    public void Add(byte[] body)
    {
        var change = Formatter.DecodeStructuredModeMessage(body, null, null);
        _all.Enqueue(new Arrival(change, JsonNode.Parse(change.Data!.ToString()!)!, Convert.ToBase64String(body)));
    }

    public Task WaitAsync(long upTo) => Eventually.Holds(
        () => _all.Select(arrival => arrival.Sequence).Distinct().LongCount(sequence => sequence <= upTo) == upTo, TimeSpan.FromSeconds(60));

    /// <summary>Every movement is here; the same one is always the same event; and of each key they came in order.</summary>
    /// <param name="upTo">The end of the journal.</param>
    /// <param name="mayLeaveGaps">The platform itself may have taken a later one of a key before an earlier one; then both came again, in order.</param>
    public void ShouldBeWhole(long upTo, bool mayLeaveGaps = false)
    {
        var all = All;
        all.Select(arrival => arrival.Sequence).Distinct().Order().ShouldBe(Range(upTo));
        foreach (var same in all.GroupBy(arrival => arrival.Sequence))
        {
            same.Select(arrival => arrival.Body).Distinct().Count().ShouldBe(1);
            same.First().Event.Id.ShouldBe(string.Create(CultureInfo.InvariantCulture, $"{tenant}/{same.Key}"));
        }

        foreach (var key in all.GroupBy(arrival => arrival.Event.GetPartitionKey()))
        {
            if (!mayLeaveGaps)
            {
                key.DistinctBy(arrival => arrival.Sequence).Select(arrival => arrival.Sequence).ShouldBeInOrder();
            }

            // The rule for who must count each movement once, as docs/broker.md gives it.
            var version = 0L;
            foreach (var arrival in key)
            {
                version += arrival.LevelVersion == version + 1 ? 1 : 0;
            }

            version.ShouldBe(key.Max(arrival => arrival.LevelVersion));

            // The rule for who wants the latest level only, and for a compacted topic.
            key.Last().Sequence.ShouldBe(key.Max(arrival => arrival.Sequence));
        }
    }

    private static IEnumerable<long> Range(long upTo)
    {
        for (var sequence = 1L; sequence <= upTo; sequence++)
        {
            yield return sequence;
        }
    }
}

/// <param name="Data">The movement.</param>
/// <param name="Body">All bytes.</param>
internal sealed record Arrival(CloudEvent Event, JsonNode Data, string Body)
{
    public long Sequence => long.Parse(Data["sequence"]!.ToString(), CultureInfo.InvariantCulture);

    public long LevelVersion => long.Parse(Data["levelVersion"]!.ToString(), CultureInfo.InvariantCulture);
}
