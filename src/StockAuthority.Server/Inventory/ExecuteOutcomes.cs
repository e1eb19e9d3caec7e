using StockAuthority.Inventory.V1;

namespace StockAuthority.Server.Inventory;

/// <summary>Writes answers as outcomes of an Execute stream.</summary>
internal static class ExecuteOutcomes
{
    public static ExecuteOutcome Of(string idempotencyKey, StockAnswer answer, OutcomeDetail detail)
    {
        var outcome = new ExecuteOutcome { IdempotencyKey = idempotencyKey, Replayed = answer.IsReplay };
        if (answer.Refusal is { } refusal)
        {
            outcome.Error = refusal;
            return outcome;
        }

        switch (answer.Response)
        {
            case ReserveResponse reserve when detail == OutcomeDetail.Brief:
                outcome.Brief = Brief(reserve.Sequence, reserve.Reservation);
                break;
            case ReserveResponse reserve:
                outcome.Reserve = reserve;
                break;
            case CommitResponse commit when detail == OutcomeDetail.Brief:
                outcome.Brief = Brief(commit.Sequence, commit.Reservation);
                break;
            case CommitResponse commit:
                outcome.Commit = commit;
                break;
            case ReleaseResponse release when detail == OutcomeDetail.Brief:
                outcome.Brief = Brief(release.Sequence, release.Reservation);
                break;
            case ReleaseResponse release:
                outcome.Release = release;
                break;
            case FulfillResponse fulfill when detail == OutcomeDetail.Brief:
                outcome.Brief = Brief(fulfill.Sequence, fulfill.Reservation);
                break;
            case FulfillResponse fulfill:
                outcome.Fulfill = fulfill;
                break;
            case AdjustResponse adjust when detail == OutcomeDetail.Brief:
                outcome.Brief = Brief(adjust.Sequence, null);
                break;
            case AdjustResponse adjust:
                outcome.Adjust = adjust;
                break;
            default:
                throw new InvalidOperationException($"No outcome for {answer.Response?.Descriptor.Name}.");
        }

        return outcome;
    }

    private static BriefOutcome Brief(long sequence, Reservation? reservation) =>
        new() { Sequence = sequence, ReservationId = reservation?.ReservationId ?? "" };
}
