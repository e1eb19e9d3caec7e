namespace StockAuthority.Connectors.Simulators.Control;

/// <summary>One request as the stand-in saw it; status 0 while it is being answered.</summary>
internal sealed class RequestRecord
{
    public required string Method { get; init; }

    public required string Path { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Whether it asks for a change, whatever became of it.</summary>
    public bool IsWrite { get; set; }

    public string? IdempotencyKey { get; set; }

    public int Changes { get; set; }

    public bool Replayed { get; set; }

    public int Status { get; set; }

    /// <summary>The code of a GraphQL error, which is no status.</summary>
    public string? ErrorCode { get; set; }
}
