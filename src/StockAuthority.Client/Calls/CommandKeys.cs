using StockAuthority.Inventory.V1;

namespace StockAuthority.Client.Calls;

internal static class CommandKeys
{
    /// <summary>The key of a command; empty where it has none.</summary>
    public static string Of(ExecuteCommand command) => command.CommandCase switch
    {
        ExecuteCommand.CommandOneofCase.Reserve => command.Reserve.IdempotencyKey,
        ExecuteCommand.CommandOneofCase.Commit => command.Commit.IdempotencyKey,
        ExecuteCommand.CommandOneofCase.Release => command.Release.IdempotencyKey,
        ExecuteCommand.CommandOneofCase.Fulfill => command.Fulfill.IdempotencyKey,
        ExecuteCommand.CommandOneofCase.Adjust => command.Adjust.IdempotencyKey,
        ExecuteCommand.CommandOneofCase.SetLevels => command.SetLevels.IdempotencyKey,
        ExecuteCommand.CommandOneofCase.ReceiveReturn => command.ReceiveReturn.IdempotencyKey,
        ExecuteCommand.CommandOneofCase.InspectReturn => command.InspectReturn.IdempotencyKey,
        ExecuteCommand.CommandOneofCase.DispatchTransfer => command.DispatchTransfer.IdempotencyKey,
        ExecuteCommand.CommandOneofCase.ReceiveTransfer => command.ReceiveTransfer.IdempotencyKey,
        ExecuteCommand.CommandOneofCase.ExtendReservation => command.ExtendReservation.IdempotencyKey,
        _ => "",
    };
}
