using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Core.Channels;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Channels;

/// <summary>Channels over gRPC.</summary>
internal sealed class ChannelGrpcService(ChannelStore channels) : ChannelService.ChannelServiceBase
{
    private const char TokenSeparator = '\n';

    public override async Task<RegisterChannelResponse> RegisterChannel(RegisterChannelRequest request, ServerCallContext context)
    {
        ChannelRequests.Check(request);
        var first = new RegisteredChannel
        {
            ChannelId = request.ChannelId,
            Declaration = request.Declaration,
            Rollout = request.Declaration.InitialRollout ?? new ChannelRollout { Mode = ChannelMode.Off },
            Version = 1,
        };
        return new RegisterChannelResponse { Channel = await channels.RegisterAsync(request.TenantId, first, Actor(context), context.CancellationToken) };
    }

    public override async Task<AcquireChannelLeaseResponse> AcquireChannelLease(AcquireChannelLeaseRequest request, ServerCallContext context)
    {
        var fields = ChannelRequests.Channel(request.TenantId, request.ChannelId);
        var holder = fields.Text("holder", request.Holder);
        var ttl = fields.Span("ttl", request.Ttl, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), "1 second to 5 minutes");
        if (ttl is null && !request.Release && request.Ttl is null)
        {
            fields.Add("ttl", "MISSING_FIELD", "is required");
        }

        fields.ThrowIfAny();
        var channel = await channels.ChangeAsync(request.TenantId, request.ChannelId, Acquire, context.CancellationToken);
        return new AcquireChannelLeaseResponse { Held = !request.Release && channel.Lease?.Holder == holder, Channel = channel };

        ChannelChange? Acquire(RegisteredChannel state, DateTimeOffset now)
        {
            state.Lease ??= new ChannelLease { ExpireTime = Timestamp.FromDateTimeOffset(now) };
            var isMine = state.Lease.Holder == holder;
            if (request.Release)
            {
                state.Lease.Holder = isMine ? "" : state.Lease.Holder;
                return null;
            }

            if (!isMine && state.Lease.Holder.Length > 0 && state.Lease.ExpireTime.ToDateTimeOffset() > now)
            {
                return null;
            }

            var before = state.Lease.Holder;
            state.Lease.FencingNumber += isMine ? 0 : 1;
            state.Lease.Holder = holder;
            state.Lease.ExpireTime = Timestamp.FromDateTimeOffset(now + ttl!.Value);
            return isMine ? null : new ChannelChange(
                ChannelAction.LeaseTaken, Actor(context), "", $"{(before.Length > 0 ? before : "nobody")} -> {holder}, fencing number {state.Lease.FencingNumber}");
        }
    }

    public override async Task<ReportChannelHealthResponse> ReportChannelHealth(ReportChannelHealthRequest request, ServerCallContext context)
    {
        ChannelRequests.Check(request);
        return new ReportChannelHealthResponse
        {
            Channel = await channels.ChangeAsync(request.TenantId, request.ChannelId, Judge, context.CancellationToken, report: request),
        };

        static ChannelChange? Judge(RegisteredChannel state, DateTimeOffset now)
        {
            if (state.Paused || state.Checkpoint is not { } checkpoint
                || RolloutCheckpoint.Failure(ChannelRequests.Rollout(state.Rollout), ChannelRequests.Window(checkpoint.Window), ChannelRequests.Objective(state.Declaration.Objectives)) is not { } failure)
            {
                return null;
            }

            var window = checkpoint.Window;
            var reason = string.Create(
                CultureInfo.InvariantCulture,
                $"{failure}: {window.DriftCount} of {window.ComparedCount} compared differ, {window.ErrorCount} of {window.PushCount} calls failed, {window.LateCount} of {window.VisibleCount} changes were late.");
            state.CheckpointFailed = true;
            Pause(state, reason, now);
            return new ChannelChange(ChannelAction.CheckpointFailed, "", reason, ChannelStore.RolloutText(state.Rollout));
        }
    }

    public override async Task<CompleteChannelTaskResponse> CompleteChannelTask(CompleteChannelTaskRequest request, ServerCallContext context)
    {
        var fields = ChannelRequests.Channel(request.TenantId, request.ChannelId);
        fields.Optional("summary", request.Summary, 512);
        fields.ThrowIfAny();
        return new CompleteChannelTaskResponse
        {
            Channel = await channels.ChangeAsync(
                request.TenantId,
                request.ChannelId,
                (state, _) =>
                {
                    ChannelStore.CheckFencing(state, request.FencingNumber);
                    if (state.Task is not { Done: false } task || task.TaskNumber != request.TaskNumber)
                    {
                        return null;
                    }

                    task.Done = true;
                    return new ChannelChange(ChannelAction.TaskDone, Actor(context), request.Summary, string.Create(CultureInfo.InvariantCulture, $"task {task.TaskNumber}"));
                },
                context.CancellationToken),
        };
    }

    public override async Task<ListLevelsResponse> ListLevels(ListLevelsRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        ChannelRequests.Skus(fields, request.Skus);
        var pageSize = fields.PageSize(request.PageSize, 500, 1000);
        var after = fields.PageToken(request.PageToken, LevelPlace) ?? ("", "");
        fields.ThrowIfAny();
        var response = await channels.LevelsAsync(request.TenantId, request.Skus.Count > 0 ? [.. request.Skus] : null, after, pageSize + 1, context.CancellationToken);
        if (response.Levels.Count > pageSize)
        {
            response.Levels.RemoveAt(pageSize);
            var last = response.Levels[^1];
            response.NextPageToken = ByteString.CopyFromUtf8($"{last.Sku}{TokenSeparator}{last.LocationId}").ToBase64();
        }

        return response;
    }

    public override async Task<GetChannelResponse> GetChannel(GetChannelRequest request, ServerCallContext context)
    {
        ChannelRequests.Channel(request.TenantId, request.ChannelId).ThrowIfAny();
        return new GetChannelResponse { Channel = await channels.GetAsync(request.TenantId, request.ChannelId, context.CancellationToken) };
    }

    public override async Task<ListChannelsResponse> ListChannels(ListChannelsRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        var pageSize = fields.PageSize(request.PageSize, 50, 100);
        fields.Optional("page_token", request.PageToken);
        fields.ThrowIfAny();
        var found = await channels.ReadAsync(request.TenantId, null, request.PageToken, pageSize + 1, context.CancellationToken);
        return new ListChannelsResponse { Channels = { found.Take(pageSize) }, NextPageToken = found.Count > pageSize ? found[pageSize - 1].ChannelId : "" };
    }

    public override async Task<ListChannelEventsResponse> ListChannelEvents(ListChannelEventsRequest request, ServerCallContext context)
    {
        var fields = ChannelRequests.Channel(request.TenantId, request.ChannelId);
        var pageSize = fields.PageSize(request.PageSize, 100, 500);
        var before = fields.PageToken(request.PageToken);
        fields.ThrowIfAny();
        var found = await channels.EventsAsync(request.TenantId, request.ChannelId, before, pageSize + 1, context.CancellationToken);
        return new ListChannelEventsResponse
        {
            Events = { found.Take(pageSize) },
            NextPageToken = found.Count > pageSize ? found[pageSize - 1].EventNumber.ToString(CultureInfo.InvariantCulture) : "",
        };
    }

    public override async Task<PromoteChannelResponse> PromoteChannel(PromoteChannelRequest request, ServerCallContext context)
    {
        var fields = ChannelRequests.Change(request.TenantId, request.ChannelId, request.IdempotencyKey, request.Comment);
        ChannelRequests.Check(fields, "rollout", request.Rollout);
        fields.Optional("drift_explanation", request.DriftExplanation, 512);
        fields.ThrowIfAny();
        return new PromoteChannelResponse
        {
            Channel = await ChangeAsync(request.TenantId, request.ChannelId, request.IdempotencyKey, request, Promote, context),
        };

        ChannelChange Promote(RegisteredChannel state, DateTimeOffset now)
        {
            if (request.Version > 0 && request.Version != state.Version)
            {
                throw Errors.Status(
                    Code.Aborted, "CHANNEL_CHANGED", $"The channel is at version {state.Version} and not at {request.Version}: look at it again.",
                    ("version", state.Version.ToString(CultureInfo.InvariantCulture))).ToRpcException();
            }

            var (from, to) = (ChannelRequests.Rollout(state.Rollout), ChannelRequests.Rollout(request.Rollout));
            var isWhole = state.Declaration.WholeJournal;
            if (isWhole && !to.IsWhole)
            {
                throw Errors.Status(
                    Code.FailedPrecondition, "ROLLOUT_NOT_PARTIAL", "The channel takes the whole journal: its rollout is OFF or 100 %, and a pause lets it wait.",
                    ("rollout", ChannelStore.RolloutText(state.Rollout))).ToRpcException();
            }

            var isBack = to.IsBackFrom(from);
            if (!isBack && !isWhole)
            {
                CheckNext(state, from, to, request.DriftExplanation);
            }

            var detail = $"{ChannelStore.RolloutText(state.Rollout)} -> {ChannelStore.RolloutText(request.Rollout)}"
                + (request.DriftExplanation.Length > 0 ? $"; differences explained: {request.DriftExplanation}" : "");
            state.Rollout = request.Rollout;
            Changed(state, now);
            if (to.Mode == RolloutMode.On && !isBack && !isWhole)
            {
                // What is new in the rollout was not delivered when it changed.
                Ask(state, new ChannelTask { Resync = true });
            }

            return new ChannelChange(ChannelAction.Promoted, Actor(context), request.Comment, detail);
        }
    }

    public override async Task<PauseChannelResponse> PauseChannel(PauseChannelRequest request, ServerCallContext context)
    {
        ChannelRequests.Change(request.TenantId, request.ChannelId, request.IdempotencyKey, request.Comment).ThrowIfAny();
        return new PauseChannelResponse
        {
            Channel = await ChangeAsync(
                request.TenantId,
                request.ChannelId,
                request.IdempotencyKey,
                request,
                (state, now) =>
                {
                    Pause(state, request.Comment, now);
                    return new ChannelChange(ChannelAction.Paused, Actor(context), request.Comment, "");
                },
                context),
        };
    }

    public override async Task<ResumeChannelResponse> ResumeChannel(ResumeChannelRequest request, ServerCallContext context)
    {
        ChannelRequests.Change(request.TenantId, request.ChannelId, request.IdempotencyKey, request.Comment).ThrowIfAny();
        return new ResumeChannelResponse
        {
            Channel = await ChangeAsync(
                request.TenantId,
                request.ChannelId,
                request.IdempotencyKey,
                request,
                (state, now) =>
                {
                    (state.Paused, state.PauseReason, state.CheckpointFailed) = (false, "", false);
                    Changed(state, now);
                    return new ChannelChange(ChannelAction.Resumed, Actor(context), request.Comment, "");
                },
                context),
        };
    }

    public override async Task<ReplayChannelResponse> ReplayChannel(ReplayChannelRequest request, ServerCallContext context)
    {
        var fields = ChannelRequests.Change(request.TenantId, request.ChannelId, request.IdempotencyKey, request.Comment);
        fields.Sequence("after_sequence", request.AfterSequence);
        fields.ThrowIfAny();
        var head = (await channels.GetAsync(request.TenantId, request.ChannelId, context.CancellationToken)).HeadSequence;
        if (request.AfterSequence > head)
        {
            throw Errors.SequenceNotReached(request.AfterSequence, head).ToRpcException();
        }

        return new ReplayChannelResponse
        {
            Channel = await ChangeAsync(
                request.TenantId,
                request.ChannelId,
                request.IdempotencyKey,
                request,
                (state, _) =>
                {
                    Ask(state, new ChannelTask { ReplayAfterSequence = request.AfterSequence });
                    return new ChannelChange(ChannelAction.ReplayRequested, Actor(context), request.Comment, string.Create(CultureInfo.InvariantCulture, $"after sequence {request.AfterSequence}"));
                },
                context),
        };
    }

    public override async Task<ResyncChannelResponse> ResyncChannel(ResyncChannelRequest request, ServerCallContext context)
    {
        var fields = ChannelRequests.Change(request.TenantId, request.ChannelId, request.IdempotencyKey, request.Comment);
        ChannelRequests.Skus(fields, request.Skus);
        fields.ThrowIfAny();
        return new ResyncChannelResponse
        {
            Channel = await ChangeAsync(
                request.TenantId,
                request.ChannelId,
                request.IdempotencyKey,
                request,
                (state, _) =>
                {
                    Ask(state, new ChannelTask { Resync = true, Skus = { request.Skus } });
                    return new ChannelChange(ChannelAction.ResyncRequested, Actor(context), request.Comment, request.Skus.Count == 0 ? "all" : $"{request.Skus.Count} SKUs");
                },
                context),
        };
    }

    private Task<RegisteredChannel> ChangeAsync(
        string tenantId, string channelId, string key, IMessage request, Func<RegisteredChannel, DateTimeOffset, ChannelChange?> decide, ServerCallContext context) =>
        channels.ChangeAsync(tenantId, channelId, decide, context.CancellationToken, (key, request));

    private static void CheckNext(RegisteredChannel state, Rollout from, Rollout to, string driftExplanation)
    {
        if (!to.IsNextAfter(from))
        {
            throw Errors.Status(
                Code.FailedPrecondition, "ROLLOUT_STEP_SKIPPED", "A rollout goes OFF, SHADOW, 25, 50, 100 %, or by locations; it goes on one step at a time.",
                ("rollout", ChannelStore.RolloutText(state.Rollout))).ToRpcException();
        }

        var against = state.Checkpoint.Reasons.Where(reason => !(reason == "DRIFT" && from.Mode == RolloutMode.Shadow && driftExplanation.Length > 0)).ToArray();
        if (from.Mode != RolloutMode.Off && against.Length > 0)
        {
            throw Errors.Status(
                Code.FailedPrecondition, "CHECKPOINT_NOT_CLEAN", $"The rollout step is not clean: {string.Join(", ", against)}.",
                ("reasons", string.Join(',', against))).ToRpcException();
        }
    }

    /// <summary>What an earlier task asked for and is not done is a part of the new one: a newly promoted SKU would otherwise wait for its next change.</summary>
    private static void Ask(RegisteredChannel state, ChannelTask task)
    {
        var both = state.Task is { Done: false } open ? Both(open, task) : task;
        both.TaskNumber = (state.Task?.TaskNumber ?? 0) + 1;
        state.Task = both;
    }

    private static ChannelTask Both(ChannelTask open, ChannelTask task) => (open, task) switch
    {
        ({ Resync: true }, { Resync: true }) when open.Skus.Count == 0 || task.Skus.Count == 0 => new ChannelTask { Resync = true },
        ({ Resync: true }, { Resync: true }) => Resync([.. open.Skus.Concat(task.Skus).Distinct(StringComparer.Ordinal)]),
        ({ Resync: false }, { Resync: false }) => new ChannelTask { ReplayAfterSequence = Math.Min(open.ReplayAfterSequence, task.ReplayAfterSequence) },

        // Delivering every level again takes in comparing some.
        _ => new ChannelTask { ReplayAfterSequence = 0 },
    };

    private static ChannelTask Resync(IReadOnlyCollection<string> skus) =>
        new() { Resync = true, Skus = { skus.Count <= ChannelRequests.MostSkus ? skus : [] } };

    private static void Pause(RegisteredChannel state, string reason, DateTimeOffset now)
    {
        (state.Paused, state.PauseReason) = (true, reason);
        Changed(state, now);
    }

    private static void Changed(RegisteredChannel state, DateTimeOffset now)
    {
        state.Version++;
        state.ChangeTime = Timestamp.FromDateTimeOffset(now);
    }

    /// <summary>Null for a text that is no token.</summary>
    private static (string Sku, string LocationId)? LevelPlace(string token)
    {
        var bytes = new byte[token.Length];
        return Convert.TryFromBase64String(token, bytes, out var length)
            && System.Text.Encoding.UTF8.GetString(bytes, 0, length).Split(TokenSeparator) is [var sku, var locationId]
                ? (sku, locationId)
                : null;
    }

    private static string Actor(ServerCallContext context) => Caller.Of(context)?.Subject ?? "";
}
