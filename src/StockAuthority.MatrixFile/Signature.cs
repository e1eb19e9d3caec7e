namespace StockAuthority.MatrixFile;

/// <summary>Who has to approve of a matrix.</summary>
public enum SignatoryRole
{
    /// <summary>Answers for what happens to the stock.</summary>
    Engineering,

    /// <summary>Answers for what is booked.</summary>
    Finance,
}

/// <summary>One role's approval of what has this hash.</summary>
public sealed record Signature(string By, DateTimeOffset At, string Sha256);
