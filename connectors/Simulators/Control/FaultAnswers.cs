using System.Globalization;

namespace StockAuthority.Connectors.Simulators.Control;

/// <summary>What is alike in every interface's answer to a fault.</summary>
internal static class FaultAnswers
{
    /// <summary>Cuts the connection where the fault says so; else null, and the answer will say how long to wait.</summary>
    public static IResult? Broken(this Fault fault, HttpContext context)
    {
        if (fault.Reset)
        {
            context.Abort();
            return Results.Empty;
        }

        if (fault.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        return null;
    }
}
