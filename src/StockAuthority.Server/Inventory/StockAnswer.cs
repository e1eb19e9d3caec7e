using Google.Protobuf;

namespace StockAuthority.Server.Inventory;

/// <summary>What a caller is told: the operation's response, or a status. Exactly one is set.</summary>
/// <param name="IsReplay">The answer was stored by an earlier request with the same key.</param>
internal sealed record StockAnswer(IMessage? Response, Google.Rpc.Status? Refusal, bool IsReplay = false)
{
    public static StockAnswer Of(IMessage response) => new(response, null);

    public static StockAnswer Of(Google.Rpc.Status refusal) => new(null, refusal);
}
