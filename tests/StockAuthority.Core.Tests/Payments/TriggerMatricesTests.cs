using System.Collections.Immutable;
using Shouldly;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>Which matrix is whose, and what is refused because nobody could say.</summary>
public sealed class TriggerMatricesTests
{
    private static readonly ImmutableArray<SkuClass> Classes = [new("fragile", ["glass-*", "custom-vase"]), new("made-to-order", ["custom-*", "engraving"])];

    private static readonly TriggerMatrices Shops = Matrices.Of(
        Matrices.Rows,
        Classes,
        Override("acme-made-to-order", ["acme"], ["made-to-order"]),
        Override("acme", ["acme"], []),
        Override("made-to-order", [], ["made-to-order"]));

    [Theory]
    [InlineData("acme", "custom-ring", "acme-made-to-order")]
    [InlineData("acme", "mug", "acme")]
    [InlineData("acme", "glass-bowl", "acme")]
    [InlineData("globex", "engraving", "made-to-order")]
    [InlineData("globex", "custom-", "made-to-order")]
    [InlineData("globex", "custom-vase", null)]
    [InlineData("globex", "custom-vases", "made-to-order")]
    [InlineData("globex", "engravings", null)]
    [InlineData("globex", "glass-bowl", null)]
    public void The_first_override_that_is_for_the_tenant_and_the_class_counts(string tenant, string sku, string? name) =>
        Shops.For(tenant, sku).Name.ShouldBe(name);

    [Theory]
    [InlineData("acme", "acme-made-to-order", "acme")]
    [InlineData("globex", "made-to-order", null)]
    public void A_tenants_matrices_are_those_that_its_skus_can_fall_under(string tenant, params string?[] names) =>
        Shops.ForTenant(tenant).Select(each => each.Name).ShouldBe(names, ignoreOrder: true);

    [Fact]
    public void An_override_has_the_defaults_rows_and_windows_where_it_has_none_of_its_own()
    {
        var matrices = Matrices.Of(
            Matrices.Rows,
            Matrices.Windows((TriggerMatrix.AnyMethod, TimeSpan.FromDays(7)), ("card", TimeSpan.FromDays(5))),
            [],
            new MatrixOverride("acme", ["acme"], [], [Matrices.Row("auth-created", InventoryAction.None)], Matrices.Windows(("card", TimeSpan.FromDays(1)))));

        var its = matrices.For("acme", "mug");

        its.ActionFor(PaymentEventType.AuthCreated).ShouldBe(InventoryAction.None);
        its.ActionFor(PaymentEventType.CaptureSucceeded).ShouldBe(InventoryAction.Commit);
        its.WindowFor("card").ShouldBe(TimeSpan.FromDays(1));
        its.WindowFor("voucher").ShouldBe(TimeSpan.FromDays(7));
        matrices.Default.WindowFor("card").ShouldBe(TimeSpan.FromDays(5));
    }

    [Fact]
    public void Whatever_decides_is_in_the_hash()
    {
        TriggerMatrices[] all =
        [
            Matrices.ReserveOnAuthorization,
            Shops,
            Matrices.Of(Matrices.Rows, Classes),
            Matrices.Of(Matrices.Rows, [Classes[1] with { Skus = ["engraving"] }, Classes[0]]),
            Matrices.Of(Matrices.Rows, [Classes[0], Classes[1] with { Skus = ["engraving"] }]),
            Matrices.Of(Matrices.Rows, Classes, Shops.Overrides[0]),
            Matrices.Of(Matrices.Rows, Classes, Shops.Overrides[0] with { Name = "other" }),
            Matrices.Of(Matrices.Rows, Classes, Shops.Overrides[0] with { Tenants = ["acme", "globex"] }),
            Matrices.Of(Matrices.Rows, Classes, Shops.Overrides[0] with { Tenants = [] }),
            Matrices.Of(Matrices.Rows, Classes, Shops.Overrides[0] with { SkuClasses = [] }),
            Matrices.Of(Matrices.Rows, Classes, Shops.Overrides[0] with { Rows = [Matrices.Row("auth-created", InventoryAction.Commit)] }),
            Matrices.Of(Matrices.Rows, Classes, Shops.Overrides[0] with { Windows = Matrices.Windows(("card", TimeSpan.FromDays(1))) }),
            Matrices.Of(Matrices.Rows, Classes, Shops.Overrides[0] with { Windows = Matrices.Windows(("card", TimeSpan.FromDays(2))) }),
            Matrices.Of(Matrices.Rows, Matrices.Windows(("card", TimeSpan.FromDays(2))), Classes, Shops.Overrides[0]),
            Matrices.Of(Matrices.Rows, Classes, Shops.Overrides[0], Shops.Overrides[2]),
            Matrices.Of(Matrices.Rows, Classes, Shops.Overrides[2] with { Tenants = ["globex"] }, Shops.Overrides[0]),
        ];

        all.Select(each => each.Sha256).ShouldBeUnique();
    }

    [Fact]
    public void The_order_of_tenants_is_not() =>
        Matrices.Of(Matrices.Rows, [], Override("both", ["acme", "globex"], [])).Sha256
            .ShouldBe(Matrices.Of(Matrices.Rows, [], Override("both", ["globex", "acme"], [])).Sha256);

    public static TheoryData<string, MatrixOverride[]> Unclear() => new()
    {
        { "There is more than one override 'a'.", [Override("a", ["acme"], []), Override("a", ["globex"], [])] },
        { "Override 'a' names 'acme' twice.", [Override("a", ["acme", "acme"], [])] },
        { "Override 'a' names the SKU class 'spare-parts', which is not defined.", [Override("a", [], ["spare-parts"])] },
        { "Override 'b' never applies to tenant 'acme' and any SKU class: 'a' comes first and is for them too.", [Override("a", ["acme", "globex"], []), Override("b", ["acme"], [])] },
        { "Override 'b' never applies to tenant 'acme' and SKU class 'fragile': 'a' comes first and is for them too.", [Override("a", ["acme"], []), Override("b", ["acme"], ["fragile"])] },
        { "Override 'b' never applies to tenant 'acme' and SKU class 'fragile': 'a' comes first and is for them too.", [Override("a", [], ["fragile"]), Override("b", ["acme"], ["fragile"])] },
        { "The release window of 'card' is not between 1 minute and 90 days.", [Override("a", ["acme"], []) with { Windows = Matrices.Windows(("card", TimeSpan.FromDays(91))) }] },
        { "Override 'a': 'auth-created' has more than one row.", [Override("a", ["acme"], []) with { Rows = [Matrices.Rows[0], Matrices.Rows[0]] }] },
        { "Override 'a': no event has the inventory action Commit, so no paid order would ever be committed.", [Override("a", ["acme"], []) with { Rows = [Matrices.Row("capture-succeeded", InventoryAction.Reserve)] }] },
        { "Override 'a': 'auth-created' has the inventory action Reserve, and 'auth-voided' does not release what it took.", [Override("a", ["acme"], []) with { Rows = [Matrices.Row("auth-voided", InventoryAction.None)] }] },
        { "Override 'a': 'auth-voided' has the finality 'maybe'; it is provisional or final.", [Override("a", ["acme"], []) with { Rows = [Matrices.Row("auth-voided", InventoryAction.Release) with { Finality = "maybe" }] }] },
        { "Override 'a': 'auth-voided' has the reversal 'auth-voided'; it is another contract event or none.", [Override("a", ["acme"], []) with { Rows = [Matrices.Row("auth-voided", InventoryAction.Release) with { Reversal = "auth-voided" }] }] },
        { "Override 'a': 'auth-voided' is final and has the reversal 'auth-created': what can be undone is provisional.", [Override("a", ["acme"], []) with { Rows = [Matrices.Row("auth-voided", InventoryAction.Release) with { Finality = "final", Reversal = "auth-created" }] }] },
    };

    [Theory]
    [MemberData(nameof(Unclear))]
    public void What_is_unclear_is_refused_and_named(string problem, MatrixOverride[] overrides)
    {
        var (matrices, problems) = TriggerMatrices.Create(Matrices.Rows, Matrices.Windows(), Classes, [.. overrides]);

        matrices.ShouldBeNull();
        problems.Select(each => each.Replace("Override 'a': The release", "The release", StringComparison.Ordinal)).ShouldBe([problem]);
    }

    [Theory]
    [InlineData("There is more than one SKU class 'a'.", "a:mug", "a:tea")]
    [InlineData("SKU class 'b': 'mug' never applies, because 'mug' of 'a' comes first.", "a:mug", "b:mug")]
    [InlineData("SKU class 'b': 'mug-blue' never applies, because 'mug-*' of 'a' comes first.", "a:mug-*", "b:mug-blue")]
    [InlineData("SKU class 'b': 'mug-*' never applies, because 'm*' of 'a' comes first.", "a:m*", "b:mug-*")]
    public void A_class_that_no_sku_can_be_in_is_refused(string problem, params string[] classes)
    {
        var (matrices, problems) = TriggerMatrices.Create(
            Matrices.Rows, Matrices.Windows(), [.. classes.Select(each => new SkuClass(each.Split(':')[0], [each.Split(':')[1]]))], []);

        matrices.ShouldBeNull();
        problems.ShouldBe([problem]);
    }

    private static MatrixOverride Override(string name, ImmutableArray<string> tenants, ImmutableArray<string> classes) =>
        new(name, tenants, classes, [], Matrices.Windows());
}
