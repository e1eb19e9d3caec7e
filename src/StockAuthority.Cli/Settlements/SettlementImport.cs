using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Polly;
using Polly.Retry;
using StockAuthority.Cli.Imports;
using StockAuthority.Payments.V1;

namespace StockAuthority.Cli.Settlements;

/// <summary>
/// Tells the authority of a report's lines, each an event of its own under its own key, so that one refused line holds up no other and
/// that what was told before a break is recognised.
/// </summary>
internal sealed class SettlementImport(FileInfo file, FileInfo refusedRows, SettlementReport report, string tenant)
{
    private const int Unanswered = 64;
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(10);

    private static readonly ResiliencePipeline Repeating = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RpcException>(error =>
                error.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Internal or StatusCode.Aborted),
            MaxRetryAttempts = 12,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = TimeSpan.FromSeconds(10),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .Build();

    private readonly ConcurrentDictionary<string, long> _recorded = new(StringComparer.Ordinal);
    private SettlementFile? _rows;
    private RefusedRows? _refused;

    public FileInfo Refused => refusedRows;

    public string Report => report.Name;

    /// <summary>Lines that were read.</summary>
    public long Rows => _rows?.Rows ?? 0;

    /// <summary>Lines that are recorded, by what became of them: the resolution and its reason.</summary>
    public IReadOnlyDictionary<string, long> Recorded => new SortedDictionary<string, long>(_recorded, StringComparer.Ordinal);

    /// <summary>Null where nothing was begun.</summary>
    public IReadOnlyDictionary<string, long>? RefusedByReason => _refused?.ByReason;

    /// <exception cref="ImportException">It cannot be begun.</exception>
    /// <exception cref="RpcException">The server does not answer, or takes no events from this caller.</exception>
    public async Task RunAsync(PaymentEventService.PaymentEventServiceClient client, Action<double> onProgress, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!file.Exists)
        {
            throw new ImportException($"There is no file {file.FullName}.");
        }

        if (file.FullName == refusedRows.FullName)
        {
            throw new ImportException("--refused must not be the file itself.");
        }

        using var refused = new RefusedRows(refusedRows, SettlementFile.Columns);
        _refused = refused;
        _rows = new SettlementFile(file, refused);
        await Parallel.ForEachAsync(
            _rows.ReadAsync(cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = Unanswered, CancellationToken = cancellationToken },
            async (row, token) =>
            {
                await TellAsync(client, row, refused, time, token);
                onProgress(_rows.Progress);
            });
    }

    private async Task TellAsync(PaymentEventService.PaymentEventServiceClient client, SettlementRow row, RefusedRows refused, TimeProvider time, CancellationToken cancellationToken)
    {
        var told = row.Event(report);
        var request = new ApplyPaymentEventRequest { TenantId = tenant, IdempotencyKey = Key(told), Event = told };
        try
        {
            var answer = await Repeating.ExecuteAsync(
                async token => await client.ApplyPaymentEventAsync(request, deadline: (time.GetUtcNow() + AttemptTimeout).UtcDateTime, cancellationToken: token), cancellationToken);
            _recorded.AddOrUpdate($"{answer.Resolution.ToString().ToUpperInvariant()} {answer.Reason}", 1, static (_, count) => count + 1);
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.AlreadyExists or StatusCode.OutOfRange or StatusCode.NotFound)
        {
            var reason = error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? error.StatusCode.ToString();
            refused.Add(row.Line, reason, error.Status.Detail, row.PaymentObjectId, row.Currency, row.Amount, $"{row.SettledAt:O}", row.Reference, row.OrderRef);
        }
    }

    /// <summary>Of the line as it is: one that was changed is another event of the same name, which the authority records as a further delivery.</summary>
    private static string Key(PaymentEvent told) => "settlement:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(told))));
}
