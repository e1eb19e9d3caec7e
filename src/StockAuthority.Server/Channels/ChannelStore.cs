using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Npgsql;
using NpgsqlTypes;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Core.Channels;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Channels;

/// <summary>What is recorded about a change of a channel. The key is null where nobody repeats it.</summary>
internal sealed record ChannelChange(ChannelAction Action, string Actor, string Comment, string Detail, string? IdempotencyKey = null, IMessage? Request = null);

/// <summary>Channels in the database. A change locks its channel, so that changes of one are one after the other on all servers.</summary>
internal sealed partial class ChannelStore([FromKeyedServices(DataSources.Reads)] NpgsqlDataSource database, TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(8);

    /// <summary>
    /// How much earlier than the page's read its time is told: a movement is recorded before its transaction commits, and until then a read does not see it.
    /// </summary>
    private static readonly TimeSpan LongestCommit = TimeSpan.FromSeconds(2);

    public async Task<RegisteredChannel> RegisterAsync(string tenantId, RegisteredChannel first, string actor, CancellationToken cancellationToken)
    {
        var declaration = first.Declaration;
        first.ChangeTime = Timestamp.FromDateTimeOffset(time.GetUtcNow());
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
        await using (var insert = Command(connection, InsertSql, Sql.Text(first.ChannelId), Sql.Text(tenantId), Bytes(first.ToByteArray())))
        {
            if (await insert.ExecuteNonQueryAsync(cancellationToken) == 1)
            {
                return await ChangeAsync(tenantId, first.ChannelId, (_, _) => new ChannelChange(ChannelAction.Registered, actor, "", RolloutText(first.Rollout)), cancellationToken);
            }
        }

        return await ChangeAsync(
            tenantId,
            first.ChannelId,
            (channel, _) =>
            {
                if (channel.Declaration.Equals(declaration))
                {
                    return null;
                }

                channel.Declaration = declaration;
                return new ChannelChange(ChannelAction.Registered, actor, "", "another declaration");
            },
            cancellationToken,
            unknown: () => Errors.UnknownTenant(tenantId));
    }

    /// <summary>Changes a channel as <paramref name="decide"/> says, which records why; null records nothing. A repeated key decides nothing.</summary>
    public async Task<RegisteredChannel> ChangeAsync(
        string tenantId,
        string channelId,
        Func<RegisteredChannel, DateTimeOffset, ChannelChange?> decide,
        CancellationToken cancellationToken,
        (string Key, IMessage Request)? repeatable = null,
        ReportChannelHealthRequest? report = null,
        Func<Google.Rpc.Status>? unknown = null)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var get = Command(connection, LockSql, Sql.Text(channelId), Sql.Text(tenantId));
        if (await get.ExecuteScalarAsync(cancellationToken) is not byte[] state)
        {
            throw (unknown is null ? UnknownChannel(channelId) : unknown()).ToRpcException();
        }

        var channel = RegisteredChannel.Parser.ParseFrom(state);
        if (repeatable is not { } once || !await IsRepeatedAsync(connection, tenantId, channelId, once, cancellationToken))
        {
            var now = time.GetUtcNow();
            if (report is not null)
            {
                CheckFencing(channel, report.FencingNumber);
                await ReportAsync(connection, tenantId, channel, report, now, cancellationToken);
            }

            if (report is null || channel.LatestHealth is not null)
            {
                channel.Checkpoint = report is null && repeatable is null ? null : await CheckpointAsync(connection, tenantId, channel, now, cancellationToken);
            }

            var change = decide(channel, now);
            channel.Checkpoint = null;
            await using var update = Command(connection, UpdateSql, Sql.Text(channelId), Sql.Text(tenantId), Sql.Number(channel.Lease?.FencingNumber ?? 0), Bytes(channel.ToByteArray()));
            await update.ExecuteNonQueryAsync(cancellationToken);
            if (change is not null)
            {
                await using var record = Command(connection, EventSql, Sql.Text(channelId), Sql.Text(tenantId), Sql.Number((long)change.Action), Sql.Text(change.Actor), Sql.Time(now), Sql.Text(change.Comment),
                    Sql.Text(change.Detail), Sql.OptionalText(repeatable?.Key), Bytes(repeatable is { } kept ? StockLedger.Fingerprint(kept.Request) : null));
                await record.ExecuteNonQueryAsync(cancellationToken);
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return await GetAsync(tenantId, channelId, cancellationToken);
    }

    public static void CheckFencing(RegisteredChannel channel, long fencingNumber)
    {
        if (channel.Lease?.FencingNumber != fencingNumber || channel.Lease.Holder.Length == 0)
        {
            throw LeaseLost(channel.ChannelId).ToRpcException();
        }
    }

    public static Google.Rpc.Status LeaseLost(string channelId) => Errors.Status(
        Code.FailedPrecondition, "LEASE_LOST", $"Another instance works for channel '{channelId}' now. Acquire the lease before going on.", ("channel_id", channelId));

    public static Google.Rpc.Status UnknownChannel(string channelId) =>
        Errors.Status(Code.NotFound, "UNKNOWN_CHANNEL", $"There is no channel '{channelId}'.", ("channel_id", channelId));

    public async Task<RegisteredChannel> GetAsync(string tenantId, string channelId, CancellationToken cancellationToken) =>
        (await ReadAsync(tenantId, [channelId], "", 1, cancellationToken)).SingleOrDefault() ?? throw UnknownChannel(channelId).ToRpcException();

    /// <summary>Complete, with checkpoints.</summary>
    public async Task<IReadOnlyList<RegisteredChannel>> ReadAsync(string tenantId, string[]? channelIds, string after, int most, CancellationToken cancellationToken)
    {
        var channels = await StatesAsync(tenantId, channelIds, after, most, cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var channel in channels)
        {
            channel.Checkpoint = await CheckpointAsync(connection, tenantId, channel, time.GetUtcNow(), cancellationToken);
        }

        return channels;
    }

    /// <summary>Without what reports say: one query, for those who wait.</summary>
    public async Task<IReadOnlyList<RegisteredChannel>> StatesAsync(string tenantId, string[]? channelIds, string after, int most, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(ReadSql);
        command.Parameters.AddRange(new[] { Sql.Text(tenantId), Optional(channelIds), Sql.Text(after), Sql.Number(most) });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var channels = new List<RegisteredChannel>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var channel = RegisteredChannel.Parser.ParseFrom(reader.GetFieldValue<byte[]>(0));
            channel.HeadSequence = reader.GetInt64(1);
            channel.AcknowledgedSequence = reader.GetInt64(2);
            channels.Add(channel);
        }

        return channels;
    }

    public async Task<IReadOnlyList<ChannelEvent>> EventsAsync(string tenantId, string channelId, long before, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var command = Command(connection, EventsSql, Sql.Text(channelId), Sql.Text(tenantId), Sql.Number(before), Sql.Number(most));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var events = new List<ChannelEvent>();
        while (await reader.ReadAsync(cancellationToken))
        {
            events.Add(new ChannelEvent
            {
                EventNumber = reader.GetInt64(0),
                Action = (ChannelAction)reader.GetInt16(1),
                Actor = reader.GetString(2),
                EventTime = Timestamp.FromDateTimeOffset(reader.GetFieldValue<DateTimeOffset>(3)),
                Comment = reader.GetString(4),
                Detail = reader.GetString(5),
            });
        }

        return events;
    }

    public async Task<ListLevelsResponse> LevelsAsync(string tenantId, string[]? skus, (string Sku, string LocationId) after, int most, CancellationToken cancellationToken)
    {
        var response = new ListLevelsResponse { ReadTime = Timestamp.FromDateTimeOffset(time.GetUtcNow() - LongestCommit) };
        await using var command = database.CreateCommand(LevelsSql);
        command.Parameters.AddRange(new[] { Sql.Text(tenantId), Sql.Text(after.Sku), Sql.Text(after.LocationId), Optional(skus), Sql.Number(most) });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            response.Levels.Add(new ChannelLevel
            {
                Sku = reader.GetString(0),
                LocationId = reader.GetString(1),
                Available = reader.GetInt64(2),
                Version = reader.GetInt64(3),
                Sequence = reader.GetInt64(4),
            });
        }

        return response;
    }

    public static string RolloutText(ChannelRollout rollout) => rollout.Mode switch
    {
        ChannelMode.On when rollout.LocationIds.Count > 0 => "ON at " + string.Join(", ", rollout.LocationIds),
        ChannelMode.On => FormattableString.Invariant($"ON {rollout.Percent} %"),
        ChannelMode.Shadow => "SHADOW",
        _ => "OFF",
    };

    private static async Task<bool> IsRepeatedAsync(
        NpgsqlConnection connection, string tenantId, string channelId, (string Key, IMessage Request) once, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, RepeatedSql, Sql.Text(once.Key), Sql.Text(channelId), Sql.Text(tenantId));
        return await command.ExecuteScalarAsync(cancellationToken) is byte[] fingerprint
            && (fingerprint.AsSpan().SequenceEqual(StockLedger.Fingerprint(once.Request)) ? true : throw StockAnswers.KeyReused(once.Key).Refusal!.ToRpcException());
    }

    private static async Task ReportAsync(
        NpgsqlConnection connection, string tenantId, RegisteredChannel channel, ReportChannelHealthRequest report, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var health = report.Health;
        await using (var insert = Command(connection, ReportSql, Sql.Text(channel.ChannelId), Sql.Text(tenantId), Sql.Number(report.FencingNumber), Sql.Number(report.ReportNumber),
            Sql.OptionalNumber(report.ChannelVersion == channel.Version ? channel.Version : null), Sql.Time(now), Sql.OptionalSpan(health.Duration.ToTimeSpan()),
            Sql.Number(health.PushCount), Sql.Number(health.ErrorCount), Sql.Number(health.RetryCount), Sql.Number(health.VisibleCount), Sql.Number(health.LateCount),
            Sql.Number(health.RefusedCount), Sql.Number(health.ComparedCount), Sql.Number(health.DriftCount)))
        {
            if (await insert.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                return;
            }
        }

        channel.LatestHealth = health;
        channel.HealthTime = Timestamp.FromDateTimeOffset(now);
        await using var forget = Command(connection, ForgetSql, Sql.Text(channel.ChannelId), Sql.Time(now - Kept), Sql.Text(tenantId));
        await forget.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<ChannelCheckpoint> CheckpointAsync(
        NpgsqlConnection connection, string tenantId, RegisteredChannel channel, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var objective = ChannelRequests.Objective(channel.Declaration.Objectives);
        await using var command = Command(connection, WindowSql, Sql.Text(channel.ChannelId), Sql.Text(tenantId), Sql.Number(channel.Version), Sql.Time(now - objective.Window));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var sums = new ChannelHealth
        {
            Duration = Duration.FromTimeSpan(reader.GetFieldValue<TimeSpan>(0)),
            PushCount = reader.GetInt64(1),
            ErrorCount = reader.GetInt64(2),
            RetryCount = reader.GetInt64(3),
            VisibleCount = reader.GetInt64(4),
            LateCount = reader.GetInt64(5),
            RefusedCount = reader.GetInt64(6),
            ComparedCount = reader.GetInt64(7),
            DriftCount = reader.GetInt64(8),
            OldestUndeliveredAge = channel.LatestHealth?.OldestUndeliveredAge,
            QueueDepth = channel.LatestHealth?.QueueDepth ?? 0,
            BreakerOpen = channel.LatestHealth?.BreakerOpen ?? false,
        };
        var against = RolloutCheckpoint.Against(ChannelRequests.Window(sums), objective, channel.Paused);
        return new ChannelCheckpoint { Clean = against.Count == 0, Reasons = { against }, Covered = sums.Duration, Window = sums };
    }

    private static NpgsqlParameter Bytes(byte[]? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea };

    private static NpgsqlParameter Optional(string[]? values) =>
        values is null ? new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text } : Sql.Texts(values);

    private static NpgsqlBatch Command(NpgsqlConnection connection, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var batch = new NpgsqlBatch(connection);
        batch.Add(sql, parameters);
        return batch;
    }
}
