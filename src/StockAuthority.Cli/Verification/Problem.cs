namespace StockAuthority.Cli.Verification;

/// <summary>One row that is not what it should be.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Table">Where the row is, or should be.</param>
/// <param name="TenantId">Whose it is.</param>
/// <param name="Row">Its sequence or key, for people.</param>
/// <param name="Expected">What should be there.</param>
/// <param name="Found">What is there.</param>
internal sealed record Problem(ProblemKind Kind, string Table, string TenantId, string Row, string Expected, string Found)
{
    public override string ToString() => $"{Table}, tenant {TenantId}, {Row}: expected {Expected}, found {Found}.";
}

/// <summary>All problems of one kind.</summary>
internal sealed record ProblemCount(ProblemKind Kind, long Count, Problem First);
