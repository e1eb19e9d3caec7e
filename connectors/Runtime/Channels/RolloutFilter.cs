using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using StockAuthority.ChangeFeed.V1;

namespace StockAuthority.Connectors.Runtime.Channels;

internal static class RolloutFilter
{
    /// <summary>Whether the channel shows this level, or in shadow mode would.</summary>
    public static bool Includes(ChannelRollout rollout, StockKey key) => rollout.Mode switch
    {
        ChannelMode.Shadow => true,
        ChannelMode.On when rollout.LocationIds.Count > 0 => rollout.LocationIds.Contains(key.LocationId),
        ChannelMode.On => rollout.Percent >= 100 || Bucket(key.Sku) < (ulong)rollout.Percent,
        _ => false,
    };

    /// <summary>0 to 99, the same in every process and version: all locations of a SKU are rolled out together, and a larger share holds a smaller one.</summary>
    public static ulong Bucket(string sku) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(sku))) % 100;
}
