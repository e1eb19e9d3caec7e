namespace StockAuthority.Intake.Stripe;

/// <summary>What Stripe's API answered.</summary>
internal abstract record StripeAnswer
{
    private StripeAnswer()
    {
    }

    public sealed record Given(byte[] Body) : StripeAnswer;

    /// <param name="Reason">A status, or the kind of failure on the way.</param>
    public sealed record Refused(string Reason) : StripeAnswer;
}
