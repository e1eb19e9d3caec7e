namespace StockAuthority.Samples.Checkout;

/// <summary>Stands where a payment provider would be.</summary>
internal sealed class PretendPayments(bool isDeclining)
{
    private readonly HashSet<string> _captured = [];

    public Task<bool> PayAsync(string orderRef)
    {
        if (!isDeclining)
        {
            _captured.Add(orderRef);
        }

        Console.WriteLine($"{orderRef}: payment {(isDeclining ? "declined" : "captured")} (pretended)");
        return Task.FromResult(!isDeclining);
    }

    public Task RefundAsync(string orderRef)
    {
        if (_captured.Remove(orderRef))
        {
            Console.WriteLine($"{orderRef}: refunded (pretended)");
        }

        return Task.CompletedTask;
    }
}
