using Google.Protobuf;
using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Inventory;
using StockAuthority.Server.Payments;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>What a caller wants done once, under one key. It is sent until there is an answer.</summary>
internal sealed class Call
{
    public Call(string tenantId, string key, IMessage request)
        : this(tenantId, key, Read(request)) => (Request, Fingerprint) = (request, StockLedger.Fingerprint(request));

    /// <summary>An expiry, as the sweep submits it.</summary>
    public Call(string tenantId, long reservation)
        : this(tenantId, $"\u001fexpire:{reservation}", new StockCommand.Expire(reservation))
    {
    }

    private Call(string tenantId, string key, StockCommand command) => (TenantId, Key, Command) = (tenantId, key, command);

    public string TenantId { get; }

    public string Key { get; }

    public StockCommand Command { get; }

    /// <summary>Null for an expiry.</summary>
    public IMessage? Request { get; }

    public byte[] Fingerprint { get; } = [];

    public List<Attempt> Attempts { get; } = [];

    /// <summary>The first answer that a caller got.</summary>
    public StockAnswer? Answer { get; private set; }

    /// <summary>The step at which it was first sent.</summary>
    public int SentAt => Attempts[0].SentAt;

    /// <summary>The step by which the first answer was there.</summary>
    public int AnsweredAt { get; private set; } = int.MaxValue;

    public bool NeedsRetry => Request is not null && Answer is null && Attempts.All(each => each.IsOver);

    /// <summary>Every answer to it must be the same one, whoever gives it.</summary>
    public void OnAnswer(StockAnswer answer, int step)
    {
        // Where the request itself is wrong nothing is kept, and the key is free for another one.
        if (Answer is null || Refusals.IsUnrecorded(Answers.Reason(Answer)))
        {
            (Answer, AnsweredAt) = (answer, step);
        }
        else if (Request is not null && !(Equals(answer.Response, Answer.Response) && Equals(answer.Refusal, Answer.Refusal)))
        {
            throw new ViolationException($"{this} was answered {Answers.Text(Answer)} and later {Answers.Text(answer)}");
        }
    }

    /// <summary>How it is called in the log.</summary>
    public string Name => $"{TenantId}/{Key}";

    public override string ToString() => $"{Name} {Request?.Descriptor.Name}{Request}";

    private static StockCommand Read(IMessage request) => request switch
    {
        ReserveRequest reserve => StockRequests.Read(reserve),
        ExtendReservationRequest extend => StockRequests.Read(extend),
        CommitRequest commit => StockRequests.Read(commit),
        ReleaseRequest release => StockRequests.Read(release),
        FulfillRequest fulfill => StockRequests.Read(fulfill),
        AdjustRequest adjust => StockRequests.Read(adjust),
        SetLevelsRequest set => CountRequests.Read(set),
        ReceiveReturnRequest receive => ReturnRequests.Read(receive),
        InspectReturnRequest inspect => ReturnRequests.Read(inspect),
        DispatchTransferRequest dispatch => TransferRequests.Read(dispatch),
        ReceiveTransferRequest receive => TransferRequests.Read(receive),
        ApplyPaymentEventRequest apply => PaymentRequests.Read(apply),
        _ => throw new InvalidOperationException($"{request.Descriptor.Name} is no command."),
    };
}

/// <summary>A call on its way through one replica.</summary>
internal sealed class Attempt : IDisposable
{
    private readonly CancellationTokenSource _givingUp = new();

    public Attempt(Call call, int sentAt)
    {
        (Call, SentAt) = (call, sentAt);
        Pending = new AwaitedCommand(call.TenantId, call.Key, call.Command, call.Request, call.Fingerprint, _givingUp.Token);
    }

    public Call Call { get; }

    public int SentAt { get; }

    public AwaitedCommand Pending { get; }

    /// <summary>Whether nobody waits for it any more.</summary>
    public bool IsOver { get; set; }

    /// <summary>Whether it ended without anything having been done.</summary>
    public bool WasDropped { get; set; }

    public void GiveUp() => _givingUp.Cancel();

    public void Dispose() => _givingUp.Dispose();
}
