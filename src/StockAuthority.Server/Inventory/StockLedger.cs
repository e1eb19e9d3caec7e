using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Options;
using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using StockAuthority.Server.Availability;
using StockAuthority.Server.ChangeFeed;
using StockAuthority.Server.Exceptions;

namespace StockAuthority.Server.Inventory;

/// <summary>The one way to change stock. A tenant's commands always take the same lane, so that they meet in one batch.</summary>
internal sealed class StockLedger : BackgroundService
{
    private const int FingerprintLength = 16;

    private readonly Lane[] _lanes;

    public StockLedger(
        IOptions<LedgerOptions> options,
        IOptions<ExceptionOptions> exceptions,
        NpgsqlDataSource dataSource,
        TriggerMatrices matrices,
        FeedSignals feed,
        AvailabilityRefresh availability,
        TimeProvider time,
        ILogger<Lane> logger)
    {
        var rules = new LedgerRules(matrices, exceptions.Value);
        _lanes =
        [
            .. Enumerable.Range(0, options.Value.Lanes).Select(number => new Lane(number, options.Value, dataSource, rules, OnCommitted, time, logger)),
        ];

        void OnCommitted(CommittedBatch batch)
        {
            foreach (var tenant in batch.Tenants)
            {
                feed.Publish(tenant.TenantId, tenant.LastSequence);
                availability.Offer(tenant.TenantId, tenant.Levels, new JournalStretch(tenant.FirstSequence - 1, tenant.LastSequence));
            }
        }
    }

    /// <summary>Executes a command once, however often it is submitted under its key.</summary>
    /// <param name="request">The request as it came; requests with one key are compared by it.</param>
    /// <exception cref="OperationCanceledException">The caller gave up before the command was decided: nothing happened.</exception>
    public Task<StockAnswer> SubmitAsync(
        string tenantId,
        string idempotencyKey,
        StockCommand command,
        IMessage request,
        CancellationToken cancellationToken) =>
        Await(new AwaitedCommand(tenantId, idempotencyKey, command, request, Fingerprint(request), cancellationToken));

    /// <summary>Executes a command of our own, one that is safe to repeat by itself.</summary>
    public Task<StockAnswer> SubmitAsync(string tenantId, string idempotencyKey, StockCommand.Expire command, CancellationToken cancellationToken) =>
        Await(new AwaitedCommand(tenantId, idempotencyKey, command, null, [], cancellationToken));

    /// <summary>
    /// Has held events judged on what is known now. Nobody repeats it, so each has a key of its own, under which what came of it is found.
    /// </summary>
    /// <returns>False where the ledger did not take it: it can be tried again.</returns>
    public async Task<bool> ReconsiderAsync(string tenantId, StockCommand.Reconsider command, CancellationToken cancellationToken)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"\u001freconsider:{Guid.NewGuid():N}");
        return (await Await(new AwaitedCommand(tenantId, key, command, null, [], cancellationToken))).Refusal is null;
    }

    /// <summary>Hands a command to its lane; its answer is the command's own matter. Where the lane is full it is answered at once.</summary>
    public void Submit(PendingCommand command)
    {
        var lane = _lanes[(command.TenantId.GetHashCode(StringComparison.Ordinal) & int.MaxValue) % _lanes.Length];
        if (!lane.TryEnqueue(command))
        {
            LedgerTelemetry.RejectedCommands.Add(1);
            command.Complete(StockAnswers.Overloaded());
        }
    }

    /// <summary>Tells whether two requests with one key are the same. The type is part of it: a Commit is not the Release with the same bytes.</summary>
    public static byte[] Fingerprint(IMessage request)
    {
        var name = request.Descriptor.FullName;
        var size = Encoding.UTF8.GetByteCount(name) + request.CalculateSize();
        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var bytes = rented.AsSpan(0, size);
            request.WriteTo(bytes[Encoding.UTF8.GetBytes(name, bytes)..]);
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(bytes, hash);
            return hash[..FingerprintLength].ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Long-running loops on the pool: each awaits almost all of the time.
        var running = Task.WhenAll(_lanes.Select(lane => lane.RunAsync(stoppingToken)));
        await using var registration = stoppingToken.Register(() =>
        {
            foreach (var lane in _lanes)
            {
                lane.Complete();
            }
        });
        await running;
        foreach (var lane in _lanes)
        {
            await lane.DisposeAsync();
        }
    }

    private Task<StockAnswer> Await(AwaitedCommand command)
    {
        Submit(command);
        return command.Answer;
    }
}
