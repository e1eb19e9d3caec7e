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
            case SetLevelsResponse setLevels when detail == OutcomeDetail.Brief:
                outcome.Brief = Brief(setLevels.Sequence, null);
                break;
            case SetLevelsResponse setLevels:
                outcome.SetLevels = setLevels;
                break;
            case ReceiveReturnResponse receiveReturn when detail == OutcomeDetail.Brief:
                outcome.Brief = Brief(receiveReturn.Sequence, receiveReturn.Reservation);
                break;
            case ReceiveReturnResponse receiveReturn:
                outcome.ReceiveReturn = receiveReturn;
                break;
            case InspectReturnResponse inspectReturn when detail == OutcomeDetail.Brief:
                outcome.Brief = Brief(inspectReturn.Sequence, null);
                break;
            case InspectReturnResponse inspectReturn:
                outcome.InspectReturn = inspectReturn;
                break;
            case DispatchTransferResponse dispatchTransfer when detail == OutcomeDetail.Brief:
                outcome.Brief = Brief(dispatchTransfer.Sequence, null);
                break;
            case DispatchTransferResponse dispatchTransfer:
                outcome.DispatchTransfer = dispatchTransfer;
                break;
            case ReceiveTransferResponse receiveTransfer when detail == OutcomeDetail.Brief:
                outcome.Brief = Brief(receiveTransfer.Sequence, null);
                break;
            case ReceiveTransferResponse receiveTransfer:
                outcome.ReceiveTransfer = receiveTransfer;
                break;
            case ExtendReservationResponse extendReservation when detail == OutcomeDetail.Brief:
                outcome.Brief = Brief(0, extendReservation.Reservation);
                break;
            case ExtendReservationResponse extendReservation:
                outcome.ExtendReservation = extendReservation;
                break;
            default:
                throw new InvalidOperationException($"No outcome for {answer.Response?.Descriptor.Name}.");
        }

        return outcome;
    }

    private static BriefOutcome Brief(long sequence, Reservation? reservation) =>
        new() { Sequence = sequence, ReservationId = reservation?.ReservationId ?? "" };
}
