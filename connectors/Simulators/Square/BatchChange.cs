using System.Net;
using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>POST /v2/inventory/changes/batch-create: all changes or none.</summary>
internal static class BatchChange
{
    public static (HttpStatusCode Status, CountsAnswer? Answer, IReadOnlyList<SquareError> Errors) Handle(
        byte[] body, RequestRecord record, SquareInventory inventory, IdempotentAnswers answers, Faults faults, DateTimeOffset now)
    {
        if (SquareBodies.Parse(body, SquareJson.Default.BatchChangeRequest) is not { } request)
        {
            return Wrong(HttpStatusCode.BadRequest, [SquareError.InvalidRequest("EXPECTED_JSON_BODY", "The request body is not a JSON object of the expected shape.")]);
        }

        record.IdempotencyKey = request.IdempotencyKey;
        record.Changes = request.Changes?.Count ?? 0;
        lock (answers.Gate)
        {
            if (request.IdempotencyKey is { } key && answers.Find(key, body, out var reused) is var stored && (stored is not null || reused))
            {
                record.Replayed = !reused;
                return reused
                    ? Wrong(HttpStatusCode.BadRequest, [SquareError.InvalidRequest("IDEMPOTENCY_KEY_REUSED", "The idempotency key can only be retried with the same request data.", "idempotency_key")])
                    : (HttpStatusCode.OK, stored, []);
            }

            var rules = new BatchChangeRules(now);
            rules.Check(request);
            SquareError[] errors = [.. rules.Errors, .. faults.Refusals(request)];
            if (errors.Length > 0)
            {
                return Wrong(errors.Any(error => error.Code == "NOT_IMPLEMENTED") ? HttpStatusCode.NotImplemented : HttpStatusCode.BadRequest, errors);
            }

            var answer = new CountsAnswer(inventory.Apply(rules.Changes, request.IgnoreUnchangedCounts ?? true, now), []);
            answers.Keep(request.IdempotencyKey!, body, answer);
            return (HttpStatusCode.OK, faults.Current.WrongEcho ? answer with { Counts = [.. answer.Counts.Select(count => count with { Quantity = count.Quantity + "0" })] } : answer, []);
        }
    }

    private static (HttpStatusCode Status, CountsAnswer? Answer, IReadOnlyList<SquareError> Errors) Wrong(HttpStatusCode status, IReadOnlyList<SquareError> errors) => (status, null, errors);
}
