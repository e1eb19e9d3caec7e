using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Npgsql;
using StockAuthority.Operations.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Postings;

/// <summary>What has to be booked elsewhere, and what was, over gRPC. Nothing here is read by a decision about stock.</summary>
internal sealed partial class PostingGrpcService([FromKeyedServices(DataSources.Reads)] NpgsqlDataSource database, TimeProvider time)
    : PostingService.PostingServiceBase
{
    private const int StandardPageSize = 100;
    private const int MaximumPageSize = 500;

    /// <summary>How much of the journal a page looks through for adjustments.</summary>
    private const int SequencesPerPage = 20_000;

    public override async Task<ListPostingIntentsResponse> ListPostingIntents(ListPostingIntentsRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        fields.Sequence("after_intent_number", request.AfterIntentNumber);
        fields.Sequence("after_sequence", request.AfterSequence);
        var pageSize = fields.PageSize(request.PageSize, StandardPageSize, MaximumPageSize);
        fields.ThrowIfAny();

        var (headNumber, headSequence, detachedUpTo) = await HeadsAsync(request.TenantId, context.CancellationToken);
        var intents = await IntentsAsync(request, headNumber, pageSize, context.CancellationToken);
        List<(long Sequence, PostingIntent Intent)> adjustments = [];
        var lastSequence = request.AfterSequence;
        if (!request.PaymentsOnly)
        {
            if (request.AfterSequence < detachedUpTo)
            {
                throw Detached(request.AfterSequence, detachedUpTo);
            }

            lastSequence = Math.Max(lastSequence, Math.Min(headSequence, request.AfterSequence + SequencesPerPage));
            adjustments = await AdjustmentsAsync(request, lastSequence, pageSize, context.CancellationToken);
            lastSequence = adjustments.Count == pageSize ? adjustments[^1].Sequence : lastSequence;
        }

        var lastNumber = intents.Count > 0 ? intents[^1].Intent.IntentNumber : request.AfterIntentNumber;
        return new ListPostingIntentsResponse
        {
            // Of one sequence the movement comes first: the intent was recorded with it at the journal's end.
            PostingIntents = { adjustments.Concat(intents).OrderBy(each => each.Sequence).Select(each => each.Intent) },
            LastIntentNumber = lastNumber,
            LastSequence = lastSequence,
            AtEnd = lastNumber >= headNumber && (request.PaymentsOnly || lastSequence >= headSequence),
        };
    }

    public override async Task<AcknowledgePostingIntentsResponse> AcknowledgePostingIntents(AcknowledgePostingIntentsRequest request, ServerCallContext context)
    {
        PostingRequests.Check(request.TenantId, request.Consumer, request.IntentNumber);
        var (head, checkpoint) = await CheckpointAsync(
            AcknowledgeSql, request.TenantId, context.CancellationToken, Sql.Text(request.Consumer), Sql.Text(request.TenantId), Sql.Number(request.IntentNumber), Sql.Time(time.GetUtcNow()));
        return new AcknowledgePostingIntentsResponse
        {
            IntentNumber = checkpoint ?? throw Errors.Status(
                Code.FailedPrecondition,
                "INTENT_NOT_REACHED",
                string.Create(CultureInfo.InvariantCulture, $"The latest posting intent is {head}; {request.IntentNumber} is beyond it."),
                ("intent_number", request.IntentNumber.ToString(CultureInfo.InvariantCulture)),
                ("head_intent_number", head.ToString(CultureInfo.InvariantCulture))).ToRpcException(),
        };
    }

    public override async Task<GetPostingCheckpointResponse> GetPostingCheckpoint(GetPostingCheckpointRequest request, ServerCallContext context)
    {
        PostingRequests.Check(request.TenantId, request.Consumer);
        var (head, checkpoint) = await CheckpointAsync(CheckpointSql, request.TenantId, context.CancellationToken, Sql.Text(request.Consumer), Sql.Text(request.TenantId));
        return new GetPostingCheckpointResponse { IntentNumber = checkpoint ?? 0, HeadIntentNumber = head };
    }

    public override async Task<RecordPostingResponse> RecordPosting(RecordPostingRequest request, ServerCallContext context)
    {
        var origin = PostingRequests.Read(request);
        var posting = request.Posting;
        await using (var command = database.CreateCommand(RecordSql))
        {
            command.Parameters.Add(Sql.Text(posting.Origin));
            command.Parameters.Add(Sql.Text(posting.System));
            command.Parameters.Add(Sql.Text(request.TenantId));
            command.Parameters.Add(Sql.Text(origin.Kind));
            command.Parameters.Add(Sql.Number(origin.Number));
            command.Parameters.Add(Sql.Text(posting.DocumentId));
            command.Parameters.Add(Sql.Time(posting.PostTime.ToDateTimeOffset()));
            command.Parameters.Add(Sql.OptionalText(posting.Amount?.Currency));
            command.Parameters.Add(Sql.OptionalNumber(posting.Amount?.MinorUnits));
            command.Parameters.Add(Sql.Text(PostingRow.Write(posting.Quantities)));
            command.Parameters.Add(Sql.Time(time.GetUtcNow()));
            await using var reader = await command.ExecuteReaderAsync(context.CancellationToken);
            await reader.ReadAsync(context.CancellationToken);
            if (reader.GetInt64(0) == 0)
            {
                throw Errors.Status(Code.NotFound, "UNKNOWN_ORIGIN", $"The tenant has no '{posting.Origin}'.", ("origin", posting.Origin)).ToRpcException();
            }
        }

        await using var read = database.CreateCommand(PostingSql);
        read.Parameters.Add(Sql.Text(posting.Origin));
        read.Parameters.Add(Sql.Text(posting.System));
        read.Parameters.Add(Sql.Text(request.TenantId));
        var recorded = (await PostingsAsync(read, context.CancellationToken)).Single();
        return PostingRow.SaysTheSame(recorded, posting)
            ? new RecordPostingResponse { Posting = recorded }
            : throw Errors.Status(
                Code.AlreadyExists,
                "POSTING_DIFFERS",
                $"'{posting.Origin}' is recorded in '{posting.System}' as document '{recorded.DocumentId}', and not as this says. What was recorded stays.",
                ("origin", posting.Origin),
                ("system", posting.System),
                ("document_id", recorded.DocumentId)).ToRpcException();
    }

    public override async Task<ListPostingsResponse> ListPostings(ListPostingsRequest request, ServerCallContext context)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        var origin = fields.Optional("origin", request.Origin);
        var orderRef = fields.Optional("order_ref", request.OrderRef);
        var system = fields.Optional("system", request.System);
        var from = fields.Time("post_from", request.PostFrom);
        var before = fields.Time("post_before", request.PostBefore);
        var pageSize = fields.PageSize(request.PageSize, StandardPageSize, MaximumPageSize);
        var place = fields.PageToken(request.PageToken, PostingPlace.Parse);
        fields.ThrowIfAny();
        await using var command = database.CreateCommand(ListSql);
        command.Parameters.Add(Sql.Text(request.TenantId));
        command.Parameters.Add(Sql.OptionalText(origin));
        command.Parameters.Add(Sql.OptionalText(orderRef));
        command.Parameters.Add(Sql.OptionalText(system));
        command.Parameters.Add(Sql.OptionalTime(from));
        command.Parameters.Add(Sql.OptionalTime(before));
        command.Parameters.Add(Sql.OptionalTime(place?.PostedAt));
        command.Parameters.Add(Sql.OptionalText(place?.Origin));
        command.Parameters.Add(Sql.OptionalText(place?.System));
        command.Parameters.Add(Sql.Number(pageSize + 1));
        var postings = await PostingsAsync(command, context.CancellationToken);
        var page = postings.Take(pageSize).ToList();
        return new ListPostingsResponse
        {
            Postings = { page },
            NextPageToken = postings.Count > pageSize ? new PostingPlace(page[^1].PostTime.ToDateTimeOffset(), page[^1].Origin, page[^1].System).ToString() : "",
        };
    }

    private async Task<(long IntentNumber, long Sequence, long DetachedUpTo)> HeadsAsync(string tenantId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(HeadsSql);
        command.Parameters.Add(Sql.Text(tenantId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2))
            : throw Errors.UnknownTenant(tenantId).ToRpcException();
    }

    private async Task<List<(long Sequence, PostingIntent Intent)>> IntentsAsync(
        ListPostingIntentsRequest request, long head, int pageSize, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(IntentsSql);
        command.Parameters.Add(Sql.Text(request.TenantId));
        command.Parameters.Add(Sql.Number(request.AfterIntentNumber));
        command.Parameters.Add(Sql.Number(head));
        command.Parameters.Add(Sql.Number(pageSize));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<(long, PostingIntent)> intents = [];
        while (await row.ReadAsync(cancellationToken))
        {
            intents.Add((row.GetInt64(11), new PostingIntent
            {
                Origin = new PostingOrigin(PostingOrigin.Intent, row.GetInt64(0)).ToString(),
                IntentNumber = row.GetInt64(0),
                LedgerAction = (LedgerAction)row.GetInt16(1),
                OrderRef = row.IsDBNull(2) ? "" : row.GetString(2),
                Provider = row.GetString(3),
                Account = row.GetString(4),
                PaymentObjectId = row.GetString(5),
                ModificationRef = row.GetString(6),
                ProviderEventId = row.GetString(7),
                Amount = row.IsDBNull(8) ? null : new Money { Currency = row.GetString(8), MinorUnits = row.GetInt64(9) },
                OccurTime = Timestamp.FromDateTimeOffset(row.GetFieldValue<DateTimeOffset>(10)),
                RecordTime = Timestamp.FromDateTimeOffset(row.GetFieldValue<DateTimeOffset>(12)),
            }));
        }

        return intents;
    }

    private async Task<List<(long Sequence, PostingIntent Intent)>> AdjustmentsAsync(
        ListPostingIntentsRequest request, long upTo, int pageSize, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(AdjustmentsSql);
        command.Parameters.Add(Sql.Text(request.TenantId));
        command.Parameters.Add(Sql.Number(request.AfterSequence));
        command.Parameters.Add(Sql.Number(upTo));
        command.Parameters.Add(Sql.Number(pageSize));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<(long, PostingIntent)> adjustments = [];
        while (await row.ReadAsync(cancellationToken))
        {
            var movement = MovementRow.Read(row, 0);
            adjustments.Add((movement.Sequence, new PostingIntent
            {
                Origin = new PostingOrigin(PostingOrigin.Movement, movement.Sequence).ToString(),
                LedgerAction = LedgerAction.InventoryAdjustment,
                OrderRef = movement.OrderRef ?? "",
                OccurTime = movement.OccurredAt is { } occurredAt ? Timestamp.FromDateTimeOffset(occurredAt) : null,
                RecordTime = Timestamp.FromDateTimeOffset(movement.RecordedAt),
                Movement = StockMessages.Movement(movement),
            }));
        }

        return adjustments;
    }

    private async Task<(long Head, long? Checkpoint)> CheckpointAsync(string sql, string tenantId, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetInt64(1))
            : throw Errors.UnknownTenant(tenantId).ToRpcException();
    }

    private static async Task<List<Posting>> PostingsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<Posting> postings = [];
        while (await row.ReadAsync(cancellationToken))
        {
            postings.Add(PostingRow.Read(row));
        }

        return postings;
    }

    private static RpcException Detached(long after, long detachedUpTo) => Errors.SequenceDetached(after, detachedUpTo, "Go on").ToRpcException();
}
