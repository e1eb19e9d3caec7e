namespace StockAuthority.Server.Tests.Simulation;

/// <summary>
/// What was answered before something else was sent comes before it in the journal. Sequences in the answers make that a
/// sort. A refusal has no sequence; it must have been right somewhere between its sending and its answer.
/// </summary>
internal static class RealTime
{
    /// <param name="calls">A tenant's calls.</param>
    /// <param name="places">The sequences of those that moved something.</param>
    /// <param name="states">The stock after each command, by its last sequence.</param>
    /// <exception cref="ViolationException">The journal's order is not one that the callers can have seen, or a refusal was never right.</exception>
    public static void Check(
        IReadOnlyList<Call> calls,
        IReadOnlyDictionary<Call, (long First, long Last)> places,
        IReadOnlyList<(long After, StockModel Stock)> states)
    {
        var answered = places.Where(each => each.Key.AnsweredAt < int.MaxValue).ToList();
        foreach (var call in calls)
        {
            // What had been answered by the step before it was sent.
            var (previous, after) = answered.Where(each => each.Key.AnsweredAt < call.SentAt)
                .Select(each => (each.Key, each.Value.Last))
                .DefaultIfEmpty()
                .MaxBy(each => each.Last);
            if (places.TryGetValue(call, out var place))
            {
                if (place.First <= after)
                {
                    throw new ViolationException($"{call} was sent after {previous} had been answered with sequence {after}, and has {place.First}");
                }
            }
            else if (call.Answer is { Response: { } response } && Answers.Sequence(response) is { } sequence && sequence < after)
            {
                throw new ViolationException($"{call} was sent after {previous} had been answered with sequence {after}, and was told {sequence}");
            }
            else if (call.Answer is { Refusal: not null })
            {
                var until = answered.Where(each => each.Key.SentAt > call.AnsweredAt).Select(each => each.Value.First - 1).DefaultIfEmpty(long.MaxValue).Min();
                CheckRefusal(call, [.. states.Where(state => state.After >= after && state.After <= until).Select(state => state.Stock)]);
            }
        }
    }

    private static void CheckRefusal(Call call, IReadOnlyList<StockModel> possible)
    {
        if (!possible.Any(stock => Refusals.IsRight(stock, call)))
        {
            throw new ViolationException($"{call} was refused, which was right at none of {possible.Count} moments: {Answers.Text(call.Answer!)}");
        }
    }
}
