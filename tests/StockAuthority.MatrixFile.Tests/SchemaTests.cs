using Shouldly;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.MatrixFile.Tests;

/// <summary>The schema, which editors read, and the server's own checks say the same.</summary>
public sealed class SchemaTests
{
    private const string Teas = "sku_classes: [{name: teas, skus: [tea, tea-*]}]\n";

    [Theory]
    [InlineData(Shipped.Standard)]
    [InlineData(Shipped.ReserveOnAuthorization)]
    [InlineData(Shipped.DeductAtSettlement)]
    public void What_ships_is_good(string file) => BothSay(true, Shipped.Text(file));

    [Theory]
    [InlineData("")]
    [InlineData("release_windows: {default: 7d, card: 45m, pay_later: 36h, sepa_debit: 90d, wallet: 2160h, other: 129600m}\n")]
    [InlineData(Teas)]
    [InlineData(Teas + "overrides: [{name: teas, sku_classes: [teas]}]\n")]
    [InlineData(Teas + "overrides: [{name: acme-teas, tenants: [acme], sku_classes: [teas], release_windows: {card: 1d}}, {name: acme, tenants: [acme, 'Globex & Söhne']}]\n")]
    [InlineData("overrides:\n  - name: acme\n    tenants: [acme]\n    events:\n      - {event: auth-created, inventory_action: None, ledger_action: none, finality: final, reversal: none, exception_path: none, owner: '007'}\n")]
    [InlineData("sign_off: {}\n")]
    [InlineData("sign_off: {finance: {by: A, at: '2026-02-28T23:59:59Z', sha256: '0000000000000000000000000000000000000000000000000000000000000000'}}\n")]
    public void What_is_good_beside_the_rows(string more) => BothSay(true, Shipped.With(more));

    [Theory]
    [InlineData("release_window: {card: 7d}\n")]
    [InlineData("release_windows: 7d\n")]
    [InlineData("release_windows: {card: 0d}\n")]
    [InlineData("release_windows: {card: 91d}\n")]
    [InlineData("release_windows: {card: 2161h}\n")]
    [InlineData("release_windows: {card: 129601m}\n")]
    [InlineData("release_windows: {card: 7}\n")]
    [InlineData("release_windows: {card: 7 d}\n")]
    [InlineData("release_windows: {card: 7w}\n")]
    [InlineData("release_windows: {Card: 7d}\n")]
    [InlineData("release_windows: {'': 7d}\n")]
    [InlineData("sku_classes: []\n")]
    [InlineData("sku_classes: [teas]\n")]
    [InlineData("sku_classes: [{name: teas}]\n")]
    [InlineData("sku_classes: [{skus: [tea]}]\n")]
    [InlineData("sku_classes: [{name: teas, skus: []}]\n")]
    [InlineData("sku_classes: [{name: teas, skus: tea}]\n")]
    [InlineData("sku_classes: [{name: teas, skus: [7]}]\n")]
    [InlineData("sku_classes: [{name: teas, skus: [true]}]\n")]
    [InlineData("sku_classes: [{name: teas, skus: [~]}]\n")]
    [InlineData("sku_classes: [{name: teas, skus: ['*-tea']}]\n")]
    [InlineData("sku_classes: [{name: teas, skus: ['tea**']}]\n")]
    [InlineData("sku_classes: [{name: teas, skus: [\"tea\\n\"]}]\n")]
    [InlineData("sku_classes: [{name: teas, skus: [' ']}]\n")]
    [InlineData("sku_classes: [{name: teas, skus: [tea, tea]}]\n")]
    [InlineData("sku_classes: [{name: Teas, skus: [tea]}]\n")]
    [InlineData("sku_classes: [{name: teas, skus: [tea], tenant: acme}]\n")]
    [InlineData("overrides: []\n")]
    [InlineData("overrides: {name: acme, tenants: [acme]}\n")]
    [InlineData("overrides: [{tenants: [acme]}]\n")]
    [InlineData("overrides: [{name: everyone}]\n")]
    [InlineData("overrides: [{name: acme, tenants: []}]\n")]
    [InlineData("overrides: [{name: acme, tenants: [acme, acme]}]\n")]
    [InlineData("overrides: [{name: acme, tenants: [acme], events: []}]\n")]
    [InlineData("overrides: [{name: acme, tenants: [acme], sign_off: {}}]\n")]
    [InlineData("overrides: [{name: \"acme\\n\", tenants: [acme]}]\n")]
    [InlineData("overrides: [{name: acme, tenants: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]}]\n")]
    [InlineData("sign_off: {legal: {by: A, at: '2026-02-28T23:59:59Z', sha256: '0000000000000000000000000000000000000000000000000000000000000000'}}\n")]
    [InlineData("sign_off: {finance: {by: A, at: 2026-02-28, sha256: '0000000000000000000000000000000000000000000000000000000000000000'}}\n")]
    [InlineData("sign_off: {finance: {by: A, at: '2026-13-28T23:59:59Z', sha256: '0000000000000000000000000000000000000000000000000000000000000000'}}\n")]
    [InlineData("sign_off: {finance: {by: A, at: '2026-02-28T24:59:59Z', sha256: '0000000000000000000000000000000000000000000000000000000000000000'}}\n")]
    [InlineData("sign_off: {finance: {by: A, at: '2026-02-28T23:59:59Z', sha256: 0000000000000000000000000000000000000000000000000000000000000000}}\n")]
    [InlineData("sign_off: {finance: {by: A, at: '2026-02-28T23:59:59Z', sha256: 'ABCD'}}\n")]
    [InlineData("sign_off: {finance: {at: '2026-02-28T23:59:59Z', sha256: '0000000000000000000000000000000000000000000000000000000000000000'}}\n")]
    [InlineData("events: []\n")]
    [InlineData("comment: more\n")]
    public void What_is_bad_beside_the_rows(string more) => BothSay(false, Shipped.With(more));

    [Theory]
    [InlineData("")]
    [InlineData("events")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("events: 7")]
    [InlineData("events: {auth-created: Reserve}")]
    [InlineData("events: [auth-created]")]
    [InlineData("events: [\n")]
    [InlineData("--- {}\n--- {}\n")]
    public void What_is_no_matrix(string yaml) => BothSay(false, yaml);

    /// <summary>Every action for every event, one at a time.</summary>
    [Fact]
    public void Which_action_an_event_can_have()
    {
        foreach (var row in TriggerMatrixText.Parse(Shipped.Text(Shipped.Standard)).Matrices!.Default.Rows)
        {
            foreach (var action in Enum.GetNames<InventoryAction>().Append("reserve").Append("1"))
            {
                var before = $"event: {row.Event}\n    inventory_action: {row.InventoryAction}";
                AreOfOneMind(Shipped.With("").Replace(before, $"event: {row.Event}\n    inventory_action: {action}", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Each_row_has_to_be_there_once()
    {
        foreach (var name in TriggerMatrix.EventNames)
        {
            BothSay(false, Shipped.With("").Replace($"event: {name}\n", "event: capture-authorized\n", StringComparison.Ordinal));
            BothSay(false, Without(name));
            BothSay(false, Shipped.With("") + Row(name));
        }

        static string Without(string name) => Shipped.With("").Replace(Row(name), "", StringComparison.Ordinal);
        static string Row(string name)
        {
            var text = Shipped.With("");
            var start = text.IndexOf($"  - event: {name}\n", StringComparison.Ordinal);
            var end = text.IndexOf("  - event:", start + 5, StringComparison.Ordinal);
            return text[start..(end < 0 ? text.Length : end)];
        }
    }

    [Theory]
    [InlineData("finality: final", "finality: maybe")]
    [InlineData("finality: final", "finality: provisional")]
    [InlineData("finality: provisional", "finality: final")]
    [InlineData("reversal: auth-voided", "reversal: auth-created")]
    [InlineData("reversal: auth-voided", "reversal: auth-reversed")]
    [InlineData("reversal: auth-voided", "reversal: none")]
    [InlineData("owner: checkout", "owner: ''")]
    [InlineData("owner: checkout", "owner: '  '")]
    [InlineData("owner: checkout", "owner: 12")]
    [InlineData("owner: checkout", "owner: 12e4")]
    [InlineData("owner: checkout", "owner: 12th floor")]
    [InlineData("owner: checkout", "owner: [checkout]")]
    [InlineData("owner: checkout", "owner: \"check\\tout\"")]
    [InlineData("owner: checkout", "owner: \"check\\x85out\"")]
    [InlineData("owner: checkout", "owners: checkout")]
    [InlineData("    owner: checkout\n", "")]
    [InlineData("owner: checkout", "owner: checkout\n    channel: web")]
    public void What_a_cell_can_be(string cell, string other)
    {
        var text = Shipped.With("");
        text.ShouldContain(cell);
        AreOfOneMind(text.Replace(cell, other, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void How_long_a_cell_can_be(int length, bool isGood) =>
        BothSay(isGood, Shipped.With("").Replace("owner: checkout", $"owner: {new string('o', length)}", StringComparison.Ordinal));

    [Fact]
    public void Something_has_to_commit() =>
        BothSay(false, Shipped.With("").Replace("inventory_action: Commit", "inventory_action: Reserve", StringComparison.Ordinal));

    [Fact]
    public void An_override_cannot_have_a_row_twice() => BothSay(
        false,
        Shipped.With($"overrides: [{{name: acme, tenants: [acme], events: [{Row}, {Row}]}}]\n"));

    /// <summary>What a schema cannot say, and the server does.</summary>
    [Theory]
    [InlineData("Override 'b' never applies to tenant 'acme'", "overrides: [{name: a, tenants: [acme]}, {name: b, tenants: [acme, globex]}]\n")]
    [InlineData("There is more than one override 'a'.", "overrides: [{name: a, tenants: [acme]}, {name: a, tenants: [globex]}]\n")]
    [InlineData("names the SKU class 'mugs', which is not defined.", Teas + "overrides: [{name: a, sku_classes: [mugs]}]\n")]
    [InlineData("There is more than one SKU class 'teas'.", "sku_classes: [{name: teas, skus: [tea]}, {name: teas, skus: [chai]}]\n")]
    [InlineData("'tea-1' never applies, because 'tea-*' of 'teas' comes first.", "sku_classes: [{name: teas, skus: [tea-*]}, {name: more, skus: [tea-1]}]\n")]
    [InlineData("Override 'acme': no event has the inventory action Commit", "overrides: [{name: acme, tenants: [acme], events: [{event: capture-succeeded, inventory_action: Reserve, ledger_action: none, finality: final, reversal: none, exception_path: none, owner: o}]}]\n")]
    [InlineData("Override 'acme': 'auth-created' has the inventory action Reserve, and 'auth-voided' does not release", "overrides: [{name: acme, tenants: [acme], events: [{event: auth-voided, inventory_action: None, ledger_action: none, finality: final, reversal: none, exception_path: none, owner: o}]}]\n")]
    [InlineData("at of finance is no time that there is", "sign_off: {finance: {by: A, at: '2026-02-31T23:59:59Z', sha256: '0000000000000000000000000000000000000000000000000000000000000000'}}\n")]
    public void What_only_the_server_can_say(string problem, string more)
    {
        var yaml = Shipped.With(more);
        Schema.Accepts(yaml).ShouldBeTrue();
        TriggerMatrixText.Parse(yaml).Problems.ShouldContain(each => each.Contains(problem, StringComparison.Ordinal));
    }

    private const string Row = "{event: auth-created, inventory_action: None, ledger_action: none, finality: final, reversal: none, exception_path: none, owner: o}";

    private static void BothSay(bool isGood, string yaml)
    {
        var problems = TriggerMatrixText.Parse(yaml).Problems;
        problems.IsEmpty.ShouldBe(isGood, $"The server says: {string.Join(' ', problems)}\n{yaml}");
        Schema.Accepts(yaml).ShouldBe(isGood, $"The schema of:\n{yaml}");
    }

    private static void AreOfOneMind(string yaml)
    {
        var problems = TriggerMatrixText.Parse(yaml).Problems;
        Schema.Accepts(yaml).ShouldBe(problems.IsEmpty, $"The server says: {string.Join(' ', problems)}\n{yaml}");
    }
}
