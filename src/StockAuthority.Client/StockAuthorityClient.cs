using Grpc.Core;
using StockAuthority.Client.Calls;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Client;

/// <summary>
/// Stock for a checkout. Every call has a deadline and is repeated with the same key while that can help, within
/// <see cref="StockAuthorityClientOptions.RetryBudget"/>; what came of it is a value to switch over. Safe to share
/// between threads. A request's <c>idempotency_key</c> is set from the key given; its <c>tenant_id</c>, where empty, from
/// the options. The caller's request is not changed.
/// </summary>
/// <remarks>
/// The calls throw only <see cref="OperationCanceledException"/>, when the caller's token is cancelled. What that request did
/// is then not known: send it again with the same key.
/// </remarks>
public sealed class StockAuthorityClient
{
    private readonly InventoryService.InventoryServiceClient _inventory;
    private readonly string? _tenant;
    private readonly SafeRetries _retries;
    private readonly TimeSpan _patience;

    /// <summary>A client over a channel of the caller's, for example from <see cref="StockAuthorityChannel.Create"/>.</summary>
    public StockAuthorityClient(ChannelBase channel, StockAuthorityClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(channel);
        ArgumentNullException.ThrowIfNull(options);
        _inventory = new InventoryService.InventoryServiceClient(channel);
        _tenant = options.Tenant;
        _retries = new SafeRetries(options, TimeProvider.System);
        _patience = options.RetryBudget > options.Deadline ? options.RetryBudget : options.Deadline;
    }

    /// <summary>Holds all lines for an order, or none.</summary>
    public async Task<ReserveOutcome> ReserveAsync(IdempotencyKey key, ReserveRequest request, CancellationToken cancellationToken = default)
    {
        var sent = new ReserveRequest(request) { TenantId = Tenant(request.TenantId), IdempotencyKey = key.Text };
        return ReserveOutcome.Of(await _retries.RunAsync(options => _inventory.ReserveAsync(sent, options), cancellationToken));
    }

    /// <summary>Allocates reserved units to a paid order, all lines or none.</summary>
    public async Task<CommitOutcome> CommitAsync(IdempotencyKey key, CommitRequest request, CancellationToken cancellationToken = default)
    {
        var sent = new CommitRequest(request) { TenantId = Tenant(request.TenantId), IdempotencyKey = key.Text };
        return CommitOutcome.Of(await _retries.RunAsync(options => _inventory.CommitAsync(sent, options), cancellationToken));
    }

    /// <summary>Gives units back, reserved ones first, all lines or none.</summary>
    public async Task<ReleaseOutcome> ReleaseAsync(IdempotencyKey key, ReleaseRequest request, CancellationToken cancellationToken = default)
    {
        var sent = new ReleaseRequest(request) { TenantId = Tenant(request.TenantId), IdempotencyKey = key.Text };
        return ReleaseOutcome.Of(await _retries.RunAsync(options => _inventory.ReleaseAsync(sent, options), cancellationToken));
    }

    /// <summary>Records that committed units were handed over, all lines or none.</summary>
    public async Task<FulfillOutcome> FulfillAsync(IdempotencyKey key, FulfillRequest request, CancellationToken cancellationToken = default)
    {
        var sent = new FulfillRequest(request) { TenantId = Tenant(request.TenantId), IdempotencyKey = key.Text };
        return FulfillOutcome.Of(await _retries.RunAsync(options => _inventory.FulfillAsync(sent, options), cancellationToken));
    }

    /// <summary>Changes what is available, with a reason.</summary>
    public async Task<AdjustOutcome> AdjustAsync(IdempotencyKey key, AdjustRequest request, CancellationToken cancellationToken = default)
    {
        var sent = new AdjustRequest(request) { TenantId = Tenant(request.TenantId), IdempotencyKey = key.Text };
        return AdjustOutcome.Of(await _retries.RunAsync(options => _inventory.AdjustAsync(sent, options), cancellationToken));
    }

    /// <summary>Levels of up to 500 keys, from the authority's cache unless asked for <see cref="ReadConsistency.Strong"/>.</summary>
    public async Task<AvailabilityOutcome> GetAvailabilityAsync(
        IEnumerable<AvailabilityKey> keys, ReadConsistency consistency = ReadConsistency.Unspecified, CancellationToken cancellationToken = default)
    {
        var sent = new GetAvailabilityRequest { TenantId = Tenant(""), Keys = { keys }, Consistency = consistency };
        return AvailabilityOutcome.Of(await _retries.RunAsync(options => _inventory.GetAvailabilityAsync(sent, options), cancellationToken));
    }

    /// <summary>
    /// Sends many commands over one stream: for tills and bulk work. Each has its own <c>idempotency_key</c> set by the caller and
    /// gets one outcome, in any order. A broken stream is opened again, and what is unanswered is sent again; so is what the authority
    /// asks to send again. At most 2,000 commands are unanswered at a time, and no more are taken than outcomes are read.
    /// </summary>
    /// <remarks>
    /// Where nothing at all is answered for <see cref="StockAuthorityClientOptions.RetryBudget"/>, or the stream itself is
    /// refused, every unanswered command's outcome is <see cref="CommandOutcome.Unknown"/>, and the enumeration ends without taking
    /// more commands. An exception of <paramref name="commands"/> is thrown after the outcomes of those before it. What waits for
    /// more commands must obey the token that it is given, or the enumeration waits with it.
    /// </remarks>
    /// <exception cref="ArgumentException">A command has no key, or that of another one which is unanswered.</exception>
    public IAsyncEnumerable<CommandOutcome> ExecuteAsync(
        IAsyncEnumerable<ExecuteCommand> commands, OutcomeDetail detail = OutcomeDetail.Unspecified, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(commands);
        return new CommandStream(_inventory, _tenant, detail, _patience, TimeProvider.System).RunAsync(commands, cancellationToken);
    }

    /// <summary>A request without any tenant goes out as it is: the authority names the missing field among all others.</summary>
    private string Tenant(string named) => named.Length > 0 ? named : _tenant ?? "";
}
