using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// One Execute stream: reads messages while not too many of their commands are unanswered, and writes outcomes as they come.
/// When the stream breaks, what is not decided yet is dropped.
/// </summary>
internal sealed class ExecuteStream(
    StockLedger ledger,
    Admission admission,
    Caller caller,
    IServerStreamWriter<ExecuteResponse> responses,
    CancellationToken broken)
{
    private const int MaximumCommands = 500;
    private const int MaximumOutcomes = 500;

    /// <summary>Enough for a batch that is being committed and one that gathers; beyond it the client is not read.</summary>
    private const int MaximumUnanswered = 4_000;

    private static readonly BoundedChannelOptions OutcomeOptions = new(MaximumUnanswered + MaximumCommands) { SingleReader = true };

    private readonly Channel<ExecuteOutcome> _outcomes = Channel.CreateBounded<ExecuteOutcome>(OutcomeOptions);
    private readonly Lock _gate = new();
    private int _unanswered;
    private bool _isEnding;
    private TaskCompletionSource? _roomAwaited;

    public async Task RunAsync(IAsyncStreamReader<ExecuteRequest> requests)
    {
        var writing = WriteAsync();
        try
        {
            while (await requests.MoveNext(broken))
            {
                Submit(requests.Current);
                await RoomAsync();
            }
        }
        finally
        {
            End();
            await writing;
        }
    }

    private void Submit(ExecuteRequest message)
    {
        Check(message);
        foreach (var command in message.Commands)
        {
            lock (_gate)
            {
                _unanswered++;
            }

            try
            {
                Submit(command, message);
            }
            catch
            {
                // A defect ends the stream; what was submitted is answered first, and this one is not waited for.
                Settle(1);
                throw;
            }
        }
    }

    /// <summary>A message that is not one ends the stream; a command that is not one is answered.</summary>
    private static void Check(ExecuteRequest message)
    {
        var fields = new RequestFields();
        if (message.Commands.Count is 0 or > MaximumCommands)
        {
            fields.Add("commands", message.Commands.Count == 0 ? "MISSING_FIELD" : "TOO_MANY_ENTRIES", $"must have 1 to {MaximumCommands} entries");
        }

        fields.Known("detail", message.Detail);
        fields.ThrowIfAny();
    }

    private void Submit(ExecuteCommand message, ExecuteRequest of)
    {
        var key = "";
        try
        {
            var (method, request, tenantId, read) = Parts(message, of.TenantId, out key);
            if (admission.Refusal(caller, tenantId, method) is { } refusal)
            {
                Answered(key, StockAnswer.Of(refusal), of.Detail);
                return;
            }

            ledger.Submit(new StreamedCommand(this, of.Detail, tenantId, key, read(), request, broken));
        }
        catch (RpcException error) when (error.GetRpcStatus() is { } status)
        {
            Answered(key, StockAnswer.Of(status), of.Detail);
        }
    }

    /// <summary>A command as its own call would have come, its tenant filled in, so that a key means the same on both ways.</summary>
    private static (string Method, IMessage Request, string TenantId, Func<StockCommand> Read) Parts(ExecuteCommand message, string tenantId, out string key)
    {
        switch (message.CommandCase)
        {
            case ExecuteCommand.CommandOneofCase.Reserve:
                var reserve = message.Reserve;
                (key, reserve.TenantId) = (reserve.IdempotencyKey, Tenant(reserve.TenantId));
                return (Scope.Inventory + "Reserve", reserve, reserve.TenantId, () => StockRequests.Read(reserve));
            case ExecuteCommand.CommandOneofCase.Commit:
                var commit = message.Commit;
                (key, commit.TenantId) = (commit.IdempotencyKey, Tenant(commit.TenantId));
                return (Scope.Inventory + "Commit", commit, commit.TenantId, () => StockRequests.Read(commit));
            case ExecuteCommand.CommandOneofCase.Release:
                var release = message.Release;
                (key, release.TenantId) = (release.IdempotencyKey, Tenant(release.TenantId));
                return (Scope.Inventory + "Release", release, release.TenantId, () => StockRequests.Read(release));
            case ExecuteCommand.CommandOneofCase.Fulfill:
                var fulfill = message.Fulfill;
                (key, fulfill.TenantId) = (fulfill.IdempotencyKey, Tenant(fulfill.TenantId));
                return (Scope.Inventory + "Fulfill", fulfill, fulfill.TenantId, () => StockRequests.Read(fulfill));
            case ExecuteCommand.CommandOneofCase.Adjust:
                var adjust = message.Adjust;
                (key, adjust.TenantId) = (adjust.IdempotencyKey, Tenant(adjust.TenantId));
                return (Scope.Inventory + "Adjust", adjust, adjust.TenantId, () => StockRequests.Read(adjust));
            case ExecuteCommand.CommandOneofCase.SetLevels:
                var setLevels = message.SetLevels;
                (key, setLevels.TenantId) = (setLevels.IdempotencyKey, Tenant(setLevels.TenantId));
                return (Scope.Inventory + "SetLevels", setLevels, setLevels.TenantId, () => CountRequests.Read(setLevels));
            case ExecuteCommand.CommandOneofCase.ReceiveReturn:
                var receiveReturn = message.ReceiveReturn;
                (key, receiveReturn.TenantId) = (receiveReturn.IdempotencyKey, Tenant(receiveReturn.TenantId));
                return (Scope.Inventory + "ReceiveReturn", receiveReturn, receiveReturn.TenantId, () => ReturnRequests.Read(receiveReturn));
            case ExecuteCommand.CommandOneofCase.InspectReturn:
                var inspectReturn = message.InspectReturn;
                (key, inspectReturn.TenantId) = (inspectReturn.IdempotencyKey, Tenant(inspectReturn.TenantId));
                return (Scope.Inventory + "InspectReturn", inspectReturn, inspectReturn.TenantId, () => ReturnRequests.Read(inspectReturn));
            case ExecuteCommand.CommandOneofCase.DispatchTransfer:
                var dispatchTransfer = message.DispatchTransfer;
                (key, dispatchTransfer.TenantId) = (dispatchTransfer.IdempotencyKey, Tenant(dispatchTransfer.TenantId));
                return (Scope.Inventory + "DispatchTransfer", dispatchTransfer, dispatchTransfer.TenantId, () => TransferRequests.Read(dispatchTransfer));
            case ExecuteCommand.CommandOneofCase.ReceiveTransfer:
                var receiveTransfer = message.ReceiveTransfer;
                (key, receiveTransfer.TenantId) = (receiveTransfer.IdempotencyKey, Tenant(receiveTransfer.TenantId));
                return (Scope.Inventory + "ReceiveTransfer", receiveTransfer, receiveTransfer.TenantId, () => TransferRequests.Read(receiveTransfer));
            case ExecuteCommand.CommandOneofCase.ExtendReservation:
                var extendReservation = message.ExtendReservation;
                (key, extendReservation.TenantId) = (extendReservation.IdempotencyKey, Tenant(extendReservation.TenantId));
                return (Scope.Inventory + "ExtendReservation", extendReservation, extendReservation.TenantId, () => StockRequests.Read(extendReservation));
            default:
                key = "";
                var fields = new RequestFields();
                fields.Add("command", "MISSING_FIELD", "is required, and must be one that this server knows");
                fields.ThrowIfAny();
                throw new InvalidOperationException("Unreachable: the command is missing.");
        }

        string Tenant(string own) => own.Length > 0 ? own : tenantId;
    }

    /// <summary>There is room for every unanswered command.</summary>
    private void Answered(string key, StockAnswer answer, OutcomeDetail detail) => _outcomes.Writer.TryWrite(ExecuteOutcomes.Of(key, answer, detail));

    /// <summary>So many commands were answered to the client, or dropped. An answer that waits to be written still counts: a client that does not read is not read.</summary>
    private void Settle(int count)
    {
        TaskCompletionSource? awaited = null;
        lock (_gate)
        {
            _unanswered -= count;
            if (_unanswered <= MaximumUnanswered - MaximumCommands)
            {
                (awaited, _roomAwaited) = (_roomAwaited, null);
            }

            if (_isEnding && _unanswered == 0)
            {
                _outcomes.Writer.TryComplete();
            }
        }

        awaited?.TrySetResult();
    }

    /// <summary>Waits until another message may be read.</summary>
    private Task RoomAsync()
    {
        lock (_gate)
        {
            if (_unanswered <= MaximumUnanswered - MaximumCommands)
            {
                return Task.CompletedTask;
            }

            return (_roomAwaited ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _isEnding = true;
            if (_unanswered == 0)
            {
                _outcomes.Writer.TryComplete();
            }
        }
    }

    private async Task WriteAsync()
    {
        Exception? failure = null;
        while (await _outcomes.Reader.WaitToReadAsync(CancellationToken.None))
        {
            var response = new ExecuteResponse();
            while (response.Outcomes.Count < MaximumOutcomes && _outcomes.Reader.TryRead(out var outcome))
            {
                response.Outcomes.Add(outcome);
            }

            // Once writing has failed the client is gone. Go on reading, so that the lanes' answers find their end.
            if (failure is null)
            {
                try
                {
                    await responses.WriteAsync(response, broken);
                }
                catch (Exception error)
                {
                    failure = error;
                }
            }

            Settle(response.Outcomes.Count);
        }

        if (failure is not null && !broken.IsCancellationRequested)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>A command that came over the stream.</summary>
    private sealed class StreamedCommand(
        ExecuteStream stream,
        OutcomeDetail detail,
        string tenantId,
        string idempotencyKey,
        StockCommand command,
        IMessage request,
        CancellationToken abandoned)
        : PendingCommand(tenantId, idempotencyKey, command, request, StockLedger.Fingerprint(request), abandoned)
    {
        public override void Complete(StockAnswer answer) => stream.Answered(IdempotencyKey, answer, detail);

        protected override void Drop() => stream.Settle(1);
    }
}
