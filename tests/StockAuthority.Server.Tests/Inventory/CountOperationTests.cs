using System.Globalization;
using Google.Rpc;
using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>Counts over gRPC, on the real database.</summary>
public sealed class CountOperationTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task A_count_sets_what_is_on_hand_and_owes_what_was_promised_beyond_it()
    {
        var sku = await ledger.OpenAsync(5);
        await ledger.Inventory.ReserveAsync(Reserve(sku, 4));
        var request = Count(Counted(sku, 3, 2));

        var response = await ledger.Inventory.SetLevelsAsync(request);

        var level = response.Levels.ShouldHaveSingleItem();
        (level.OnHand, level.Available, level.Reserved, level.Shortfall).ShouldBe((3, 0, 4, 1));
        level.Sequence.ShouldBe(response.Sequence);
        (await ledger.LevelAsync(sku)).ShouldBe(level);
        (await ledger.Inventory.SetLevelsAsync(request)).ShouldBe(response, "a retry gets the stored answer, although the level has moved");
        var movements = await ledger.Inventory.ListMovementsAsync(new ListMovementsRequest { TenantId = Tenant, Sku = sku });
        movements.Movements[^1].ShouldSatisfyAllConditions(
            movement => movement.Operation.ShouldBe(StockOperation.SetLevels),
            movement => movement.Reason.ShouldBe(AdjustmentReason.CycleCount),
            movement => movement.DocumentRef.ShouldBe("sheet"));
    }

    [Fact]
    public async Task A_count_of_a_level_that_moved_names_its_version_and_sets_nothing()
    {
        var (first, second) = (await ledger.OpenAsync(5), await ledger.OpenAsync(5));
        await ledger.Inventory.ReserveAsync(Reserve(second, 1));

        var (code, info, status) = await RefusalAsync(ledger.Inventory.SetLevelsAsync(Count(Counted(first, 3, 1), Counted(second, 3, 1))));

        (code, info.Reason).ShouldBe((StatusCode.FailedPrecondition, "VERSION_MISMATCH"));
        (info.Metadata["sku"], info.Metadata["expected_version"], info.Metadata["current_version"]).ShouldBe((second, "1", "2"));
        status.GetDetail<PreconditionFailure>()!.Violations.ShouldHaveSingleItem().Subject.ShouldBe($"{second}@{Ledger.Location}");
        (await ledger.LevelAsync(first)).Version.ShouldBe(1);
    }

    [Fact]
    public async Task Two_counts_of_one_version_cannot_both_be_right()
    {
        var sku = await ledger.OpenAsync(5);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            try
            {
                await ledger.Inventory.SetLevelsAsync(Count(Counted(sku, 10 + number, 1)));
                return "set";
            }
            catch (RpcException error)
            {
                return error.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason;
            }
        }));

        answers.Order(StringComparer.Ordinal).ShouldBe([.. Enumerable.Repeat("VERSION_MISMATCH", 7), "set"]);
    }

    [Fact]
    public async Task Everything_that_is_wrong_with_a_count_is_listed()
    {
        var request = Count(Counted("sku", -1, -1), Counted("sku", 1, 0), new CountedLine());
        request.DocumentRef = "";

        var (code, _, status) = await RefusalAsync(ledger.Inventory.SetLevelsAsync(request));

        code.ShouldBe(StatusCode.InvalidArgument);
        status.GetDetail<BadRequest>()!.FieldViolations.Select(each => $"{each.Field} {each.Reason}").ShouldBe(
            [
                "document_ref MISSING_FIELD",
                "lines[0].counted_on_hand QUANTITY_OUT_OF_RANGE", "lines[0].expected_version OUT_OF_RANGE",
                "lines[1] DUPLICATE_LINE", "lines[1].expected_version MISSING_FIELD",
                "lines[2].sku MISSING_FIELD", "lines[2].location_id MISSING_FIELD", "lines[2].counted_on_hand MISSING_FIELD", "lines[2].expected_version MISSING_FIELD",
            ],
            ignoreOrder: true);
        request.Lines.Clear();
        request.Lines.AddRange(Enumerable.Range(0, 201).Select(number => Counted(number.ToString(CultureInfo.InvariantCulture), 1, 1)));
        (await RefusalAsync(ledger.Inventory.SetLevelsAsync(request))).Status.GetDetail<BadRequest>()!.FieldViolations.Select(each => each.Reason).ShouldContain("TOO_MANY_LINES");
    }

    private static CountedLine Counted(string sku, long onHand, long version) =>
        new() { Sku = sku, LocationId = Ledger.Location, CountedOnHand = onHand, ExpectedVersion = version };

    private static SetLevelsRequest Count(params CountedLine[] lines) =>
        new() { TenantId = Tenant, IdempotencyKey = New("key"), DocumentRef = "sheet", Lines = { lines } };
}
