using Shouldly;
using Xunit;

namespace StockAuthority.MatrixFile.Tests;

/// <summary>Signatures, and what a stranger is told.</summary>
public sealed class TriggerMatrixTextTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(Shipped.Standard)]
    [InlineData(Shipped.ReserveOnAuthorization)]
    [InlineData(Shipped.DeductAtSettlement)]
    public void What_ships_is_signed(string file)
    {
        var text = TriggerMatrixText.Parse(Shipped.Text(file));

        text.SignatureProblems.ShouldBeEmpty();
        text.SignOff.Values.ShouldAllBe(each => each.Sha256 == text.Matrices!.Sha256);
    }

    [Fact]
    public void The_standard_is_the_preset_that_reserves_on_authorization()
    {
        Sha256(Shipped.Standard).ShouldBe(Sha256(Shipped.ReserveOnAuthorization));
        Sha256(Shipped.Standard).ShouldNotBe(Sha256(Shipped.DeductAtSettlement));

        static string Sha256(string file) => TriggerMatrixText.Parse(Shipped.Text(file)).Matrices!.Sha256;
    }

    [Fact]
    public void Two_people_sign_and_everything_else_stays_as_it_was_written()
    {
        var draft = TriggerMatrixText.Parse(Shipped.With("# to be signed\n"));
        draft.SignatureProblems.Length.ShouldBe(2);

        var once = draft.Signed(SignatoryRole.Finance, "Anna \"A.\" Ölsner: CFO #1", Now);
        var signed = once.Signed(SignatoryRole.Engineering, "null", Now.AddMinutes(1));

        once.SignatureProblems.ShouldHaveSingleItem().ShouldStartWith("Engineering has not signed it.");
        signed.SignatureProblems.ShouldBeEmpty();
        signed.SignOff[SignatoryRole.Finance].ShouldBe(new Signature("Anna \"A.\" Ölsner: CFO #1", Now, signed.Matrices!.Sha256));
        signed.SignOff[SignatoryRole.Engineering].By.ShouldBe("null");
        signed.Text.ShouldStartWith(draft.Text);
        Schema.Accepts(signed.Text).ShouldBeTrue();
    }

    [Fact]
    public void A_sign_off_in_the_middle_of_a_file_is_replaced_where_it_is()
    {
        var events = Shipped.With("# the end");
        var file = TriggerMatrixText.Parse($"sign_off:\n  finance: {{by: a, at: \"2026-01-01T00:00:00Z\", sha256: \"{new string('0', 64)}\"}}\n# the rows\n{events}");
        file.Problems.ShouldBeEmpty();

        var signed = file.Signed(SignatoryRole.Finance, "b", Now);

        signed.Text.ShouldEndWith($"# the rows\n{events}");
        signed.SignOff.Values.ShouldBe([new Signature("b", Now, signed.Matrices!.Sha256)]);
    }

    [Fact]
    public void A_changed_row_is_not_signed()
    {
        var text = TriggerMatrixText.Parse(Shipped.Text(Shipped.Standard).Replace("owner: checkout", "owner: the checkout", StringComparison.Ordinal));

        text.SignatureProblems.Length.ShouldBe(2);
        text.SignatureProblems.ShouldAllBe(each => each.Contains("signed another version") && each.Contains(text.Matrices!.Sha256) && each.Contains("stockctl matrix sign"));
    }

    [Fact]
    public void One_person_cannot_sign_for_both()
    {
        var text = TriggerMatrixText.Parse(Shipped.With("")).Signed(SignatoryRole.Finance, "Anna", Now).Signed(SignatoryRole.Engineering, "anna ", Now);

        text.SignatureProblems.ShouldHaveSingleItem().ShouldStartWith("Engineering and finance were both signed by 'Anna'");
    }

    [Fact]
    public void All_problems_come_at_once_each_with_its_line()
    {
        var problems = TriggerMatrixText.Parse("events:\n  - event: paid\n    inventory_action: Ship\nrelease_windows:\n  card: a week\nmore: 1\n").Problems;

        problems.ShouldBe(
            [
                "Line 6: The file cannot have 'more'; it can have events, release_windows, sku_classes, overrides, sign_off.",
                "Line 2: A row has no ledger_action.",
                "Line 2: A row has no finality.",
                "Line 2: A row has no reversal.",
                "Line 2: A row has no exception_path.",
                "Line 2: A row has no owner.",
                "Line 2: 'paid' is no contract event; those are auth-created, auth-failed, auth-voided, capture-failed, capture-succeeded, chargeback-lost, chargeback-opened, chargeback-won, refund-failed, refund-posted, settlement-confirmed.",
                "Line 5: The release window of 'card' is 'a week'; it is a number and m, h or d, at most 90d: 45m, 36h, 7d.",
            ]);
    }

    [Fact]
    public void Keys_that_are_there_twice_are_refused() =>
        TriggerMatrixText.Parse(Shipped.With("events: []\n")).Problems.ShouldHaveSingleItem().ShouldContain("this is no YAML");

    [Fact]
    public void A_file_that_is_not_there_is_said_to_be_so() =>
        Should.Throw<MatrixFileException>(() => TriggerMatrixText.Read("/nowhere/matrix.yaml")).Message.ShouldStartWith("The trigger matrix /nowhere/matrix.yaml cannot be read:");

    [Fact]
    public void Classes_overrides_and_windows_are_read()
    {
        var matrices = TriggerMatrixText.Parse(Shipped.With(
            """
            release_windows: {default: 7d, voucher: 36h}
            sku_classes:
              - name: made-to-order
                skus: [custom-*, engraving]
            overrides:
              - name: acme-made-to-order
                tenants: [acme]
                sku_classes: [made-to-order]
                release_windows: {card: 90m}

            """)).Matrices.ShouldNotBeNull();

        matrices.ClassOf("custom-ring").ShouldBe("made-to-order");
        matrices.For("acme", "engraving").Name.ShouldBe("acme-made-to-order");
        matrices.For("acme", "engraving").WindowFor("card").ShouldBe(TimeSpan.FromMinutes(90));
        matrices.For("acme", "mug").WindowFor("voucher").ShouldBe(TimeSpan.FromHours(36));
    }
}
