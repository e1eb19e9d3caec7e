namespace StockAuthority.Connectors.Runtime.Forwarding;

/// <summary>What a channel made of some movements.</summary>
/// <param name="Settled">How many, from the first on, it has answered for: each confirmed, or in <paramref name="Refused"/>.</param>
/// <param name="Refused">Those of the settled ones, by position, that it can never take.</param>
/// <param name="Trouble">Why the next one is not settled; null where all are.</param>
public sealed record ForwardResult(int Settled, IReadOnlyDictionary<int, Refusal> Refused, ForwardTrouble? Trouble);

/// <summary>Why a channel does not take what it could take.</summary>
/// <param name="Code">For metrics, alerts and people, for example <c>UNROUTABLE</c>.</param>
/// <param name="Detail">In the channel's words.</param>
/// <param name="NeedsPeople">Waiting alone will not mend it: somebody has to configure something. It becomes a case.</param>
public sealed record ForwardTrouble(string Code, string Detail, bool NeedsPeople = false);
