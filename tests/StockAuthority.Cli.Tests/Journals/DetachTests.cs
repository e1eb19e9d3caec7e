using Npgsql;
using Shouldly;
using StockAuthority.Cli.Journal;
using StockAuthority.Cli.Verification;
using Xunit;

namespace StockAuthority.Cli.Tests.Journals;

/// <summary>What detaching keeps provable, and what it refuses.</summary>
public sealed class DetachTests(OldShop shop) : IClassFixture<OldShop>, IAsyncLifetime
{
    private string _postgres = "";

    public async ValueTask InitializeAsync() => _postgres = await shop.CopyAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Two detachments in turn, so that the second begins at the first one's checkpoint.</summary>
    [Fact]
    public async Task A_later_detachment_goes_on_from_the_checkpoint_of_an_earlier_one()
    {
        await DetachAsync(-2);
        (await VerifyAsync()).ShouldBe("");
        await DetachAsync(0);

        (await VerifyAsync(withDetached: true)).ShouldBe("");
        (await ReadAsync<long[]>("SELECT array_agg(sequence ORDER BY sequence) FROM journal_checkpoints")).ShouldBe([5, 9, 11]);
    }

    [Fact]
    public async Task A_detached_partition_that_was_dropped_is_not_missed_and_is_verified_when_it_is_back()
    {
        await DetachAsync(0);
        var old = OldJournal.Partitions[1];
        await ExecuteAsync($"CREATE TABLE away AS SELECT * FROM {old}; DROP TABLE {old}");
        (await VerifyAsync(withDetached: true)).ShouldBe("");

        await ExecuteAsync($"ALTER TABLE away RENAME TO {old}");
        (await VerifyAsync(withDetached: true)).ShouldBe("");
        await ExecuteAsync($"UPDATE {old} SET quantity = quantity + 1 WHERE sequence = 8");
        (await VerifyAsync(withDetached: true)).ShouldBe("BrokenHash");
    }

    [Theory]
    [InlineData("an edited row in an old partition", "UPDATE {1} SET quantity = quantity + 1 WHERE sequence = 7", "BrokenHash")]
    [InlineData("the first row of an old partition", "DELETE FROM {1} WHERE sequence = 6", "MissingMovement")]
    [InlineData("the last row of an old partition", "DELETE FROM {1} WHERE sequence = 9", "MissingMovement")]
    [InlineData("all rows of an old partition", "DELETE FROM {1}", "MissingMovement")]
    [InlineData("a row more in an old partition", "INSERT INTO {1} SELECT 10, tenant_id, sku, location_id, from_state, to_state, quantity, level_version, available_after, operation, order_ref, reservation_number, document_ref, reason, idempotency_key, recorded_at, hash FROM {1} WHERE sequence = 9", "BrokenHash")]
    [InlineData("an edited row that is left", "UPDATE movements SET quantity = quantity + 1 WHERE sequence = 12", "BrokenHash")]
    [InlineData("the first row that is left", "DELETE FROM movements WHERE sequence = 12", "MissingMovement")]
    [InlineData("a checkpoint's hash", "UPDATE journal_checkpoints SET hash = sha256('') WHERE sequence = 11", "WrongCheckpoint")]
    [InlineData("an earlier checkpoint's hash", "UPDATE journal_checkpoints SET hash = sha256('') WHERE sequence = 5", "WrongCheckpoint")]
    [InlineData("a checkpoint gone", "DELETE FROM journal_checkpoints WHERE sequence = 11", "WrongCheckpoint")]
    [InlineData(
        "a checkpoint's sum together with the level",
        "UPDATE journal_checkpoint_levels SET damaged = 7 WHERE sku = 'tea';UPDATE stock_levels SET damaged = 7 WHERE sku = 'tea'",
        "WrongCheckpoint")]
    [InlineData(
        "what a reservation held together with what it holds",
        "UPDATE journal_checkpoint_reservations SET committed = 2 WHERE reservation_number = 3",
        "WrongCheckpoint")]
    public async Task What_was_tampered_with_is_found(string what, string sql, string kind)
    {
        await DetachAsync(0);
        await ExecuteAsync(sql.Replace("{1}", OldJournal.Partitions[1], StringComparison.Ordinal));

        (await VerifyAsync(withDetached: true)).Split(' ')[0].ShouldBe(kind, what);
    }

    /// <summary>Between recording and detaching, whatever is before the checkpoint is read by nobody else.</summary>
    [Fact]
    public async Task An_interrupted_detachment_leaves_nothing_unproven_and_can_be_finished()
    {
        await DetachAsync(-1);
        await ExecuteAsync($"ALTER TABLE movements ATTACH PARTITION {OldJournal.Partitions[1]} FOR VALUES FROM ('{OldJournal.Month(-2):yyyy-MM-dd}Z') TO ('{OldJournal.Month(-1):yyyy-MM-dd}Z')");
        (await VerifyAsync()).ShouldBe("");

        await ExecuteAsync("UPDATE movements SET quantity = quantity + 1 WHERE sequence = 8");
        (await VerifyAsync()).ShouldBe("BrokenHash");
        await ExecuteAsync("UPDATE movements SET quantity = quantity - 1 WHERE sequence = 8");

        await DetachAsync(0);
        (await VerifyAsync(withDetached: true)).ShouldBe("");
    }

    [Fact]
    public async Task The_current_month_and_what_is_not_there_are_refused()
    {
        await ShouldRefuseAsync("NEWEST_MONTH", 1);
        await DetachAsync(-3);
        await ShouldRefuseAsync("NOTHING_TO_DETACH", -3);
    }

    [Fact]
    public async Task What_a_consumer_has_not_acknowledged_is_refused_unless_it_is_told_to()
    {
        await ExecuteAsync($"INSERT INTO feed_checkpoints VALUES ('till', '{shop.Tenant}', 8, now())");

        await ShouldRefuseAsync("CONSUMER_BEHIND", -1);
        await DetachAsync(-2);
        await DetachAsync(0, ignoreConsumers: true);
    }

    [Theory]
    [InlineData("DOES_NOT_VERIFY", "UPDATE movements SET quantity = quantity + 1 WHERE sequence = 8")]
    [InlineData("DOES_NOT_VERIFY", "DELETE FROM movements WHERE sequence = 9")]
    [InlineData("DOES_NOT_VERIFY", "UPDATE movements SET tenant_id = 'nobody' WHERE sequence = 8")]
    [InlineData("OUT_OF_ORDER", "UPDATE movements SET recorded_at = now() WHERE sequence = 8")]
    public async Task What_would_not_be_proven_is_refused(string reason, string sql)
    {
        await ExecuteAsync(sql);

        await ShouldRefuseAsync(reason, 0);

        (await ReadAsync<long>($"SELECT count(*) FROM movement_partitions WHERE partition_name = '{OldJournal.Partitions[1]}'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_journal_that_is_read_is_not_cut_and_one_that_is_cut_is_not_read()
    {
        await using var connection = new NpgsqlConnection(_postgres);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT pg_advisory_lock_shared(7340213)", connection);
        await command.ExecuteNonQueryAsync();
        await ShouldRefuseAsync("JOURNAL_IN_USE", 0);

        command.CommandText = "SELECT pg_advisory_unlock_all(), pg_advisory_lock(7340213)";
        await command.ExecuteNonQueryAsync();
        (await Should.ThrowAsync<VerificationException>(() => VerifyAsync())).Message.ShouldStartWith("The journal is being cut");
    }

    private async Task ShouldRefuseAsync(string reason, int before) =>
        (await Should.ThrowAsync<DetachRefusedException>(() => DetachAsync(before))).Reason.ShouldBe(reason);

    private Task<IReadOnlyList<DetachedPartition>> DetachAsync(int before, bool ignoreConsumers = false) =>
        JournalDetachment.RunAsync(_postgres, OldJournal.Month(before), ignoreConsumers, TimeProvider.System, TestContext.Current.CancellationToken);

    /// <summary>The kinds of problems.</summary>
    private async Task<string> VerifyAsync(bool withDetached = false)
    {
        var options = new VerificationOptions { WithDetached = withDetached, MovementsPerPage = 2, RowsPerPage = 1 };
        var report = await LedgerVerification.RunAsync(_postgres, options, static _ => { }, TimeProvider.System, TestContext.Current.CancellationToken);
        return string.Join(' ', report.Problems.Select(problem => problem.Kind));
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_postgres);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<T> ReadAsync<T>(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_postgres);
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
