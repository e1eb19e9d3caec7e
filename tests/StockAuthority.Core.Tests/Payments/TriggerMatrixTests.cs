using System.Collections.Immutable;
using Shouldly;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Payments;

public sealed class TriggerMatrixTests
{
    public static TheoryData<int> RowNumbers() => [.. Enumerable.Range(0, Matrices.Rows.Length)];

    [Theory]
    [MemberData(nameof(RowNumbers))]
    public void Every_contract_event_needs_its_row(int missing)
    {
        var (matrix, problems) = TriggerMatrix.Create(Matrices.Rows.RemoveAt(missing));

        matrix.ShouldBeNull();
        problems.ShouldBe([$"'{Matrices.Rows[missing].Event}' has no row."]);
    }

    [Fact]
    public void All_problems_are_named_at_once()
    {
        var rows = Matrices.Rows
            .Add(Matrices.Rows[0])
            .Add(Matrices.Rows[1] with { Event = "payment_intent.succeeded" })
            .Replace(Matrices.Rows[2], Matrices.Rows[2] with { Owner = " ", Finality = "" });

        var (matrix, problems) = TriggerMatrix.Create(rows);

        matrix.ShouldBeNull();
        problems.ShouldBe(
            [
                "'auth-created' has more than one row.",
                "'payment_intent.succeeded' is no contract event.",
                "'auth-voided' has no finality.",
                "'auth-voided' has no owner.",
            ],
            ignoreOrder: true);
    }

    /// <summary>What an event may do. Nothing restocks but a return, and only a void or a failure releases by itself.</summary>
    [Theory]
    [InlineData("auth-created", InventoryAction.None, InventoryAction.Reserve, InventoryAction.Commit)]
    [InlineData("auth-failed", InventoryAction.None, InventoryAction.Release)]
    [InlineData("auth-voided", InventoryAction.None, InventoryAction.Release)]
    [InlineData("capture-succeeded", InventoryAction.None, InventoryAction.Reserve, InventoryAction.Commit)]
    [InlineData("capture-failed", InventoryAction.None, InventoryAction.Review, InventoryAction.Release)]
    [InlineData("settlement-confirmed", InventoryAction.None, InventoryAction.Commit)]
    [InlineData("refund-posted", InventoryAction.None, InventoryAction.Review, InventoryAction.Release)]
    [InlineData("refund-failed", InventoryAction.None, InventoryAction.Review)]
    [InlineData("chargeback-opened", InventoryAction.None, InventoryAction.Review)]
    [InlineData("chargeback-won", InventoryAction.None, InventoryAction.Review)]
    [InlineData("chargeback-lost", InventoryAction.None, InventoryAction.Review)]
    public void An_event_has_no_other_action_than_these(string name, params InventoryAction[] allowed)
    {
        foreach (var action in Enum.GetValues<InventoryAction>())
        {
            var rows = Matrices.Rows.Select(row => row.Event == name ? row with { InventoryAction = action } : row);

            var (matrix, problems) = TriggerMatrix.Create(rows);

            (matrix is not null).ShouldBe(allowed.Contains(action), $"{action}");
            problems.Any(problem => problem.StartsWith($"'{name}' cannot have the inventory action {action};", StringComparison.Ordinal))
                .ShouldBe(!allowed.Contains(action), $"{action}");
        }
    }

    [Theory]
    [MemberData(nameof(RowNumbers))]
    public void The_hash_changes_with_any_cell(int number)
    {
        var row = Matrices.Rows[number];
        TriggerMatrixRow[] changed =
        [
            row with { InventoryAction = row.InventoryAction == InventoryAction.None ? OtherThanNone(row.Event) : InventoryAction.None },
            row with { LedgerAction = "other" },
            row with { Finality = "final" },
            row with { Reversal = "other" },
            row with { ExceptionPath = "other" },
            row with { Owner = "other" },
            row with { Owner = $"{row.Owner} " },
            row with { LedgerAction = row.Finality, Finality = row.LedgerAction },
        ];

        changed.Select(each => Hash(Matrices.Rows.SetItem(number, each))).Append(Matrices.ReserveOnAuthorization.Sha256).ShouldBeUnique();
    }

    [Fact]
    public void The_hash_does_not_change_with_the_order_of_rows() =>
        Hash([.. Matrices.Rows.Reverse()]).ShouldBe(Matrices.ReserveOnAuthorization.Sha256);

    [Fact]
    public void The_hash_is_that_of_the_documented_text()
    {
        // What engineering and finance signed must stay signed.
        Matrices.ReserveOnAuthorization.Sha256.ShouldBe("1397f15cf2d63aeff5b601caeaaa40a9f862d9fcfb2e25c81f4089bc2f1a64dd");
        Matrices.ReserveOnAuthorization.Sha256.ShouldNotBe(Matrices.DeductAtSettlement.Sha256);
    }

    [Theory]
    [InlineData('\t')]
    [InlineData('\n')]
    public void A_cell_cannot_pass_itself_off_as_several(char separator)
    {
        var (matrix, problems) = TriggerMatrix.Create(Matrices.Rows.SetItem(3, Matrices.Rows[3] with { Owner = $"a{separator}b" }));

        matrix.ShouldBeNull();
        problems.ShouldBe(["'capture-succeeded' has a control character in its owner."]);
    }

    [Fact]
    public void Both_presets_say_what_an_event_does()
    {
        Actions(Matrices.ReserveOnAuthorization).ShouldBe((InventoryAction.Reserve, InventoryAction.Commit, InventoryAction.None));
        Actions(Matrices.DeductAtSettlement).ShouldBe((InventoryAction.None, InventoryAction.Reserve, InventoryAction.Commit));
        Actions(Matrices.ReserveAndDeductAtSettlement).ShouldBe((InventoryAction.Reserve, InventoryAction.Reserve, InventoryAction.Commit));
    }

    private static (InventoryAction Authorized, InventoryAction Captured, InventoryAction Settled) Actions(TriggerMatrices matrices) => (
        matrices.Default.ActionFor(PaymentEventType.AuthCreated),
        matrices.Default.ActionFor(PaymentEventType.CaptureSucceeded),
        matrices.Default.ActionFor(PaymentEventType.SettlementConfirmed));

    private static InventoryAction OtherThanNone(string name) =>
        name == "settlement-confirmed" ? InventoryAction.Commit : InventoryAction.Review;

    private static string Hash(ImmutableArray<TriggerMatrixRow> rows)
    {
        var (matrix, problems) = TriggerMatrix.Create(rows);
        problems.ShouldBeEmpty();
        return TriggerMatrices.Of(matrix.ShouldNotBeNull()).Sha256;
    }
}
