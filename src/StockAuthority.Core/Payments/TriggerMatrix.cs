using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace StockAuthority.Core.Payments;

/// <summary>What an event of a type asks of the stock.</summary>
public enum InventoryAction
{
    /// <summary>Nothing: it is recorded for reporting.</summary>
    None,

    /// <summary>The order's units should be reserved.</summary>
    Reserve,

    /// <summary>The order's units should be committed.</summary>
    Commit,

    /// <summary>What the payment held should be released.</summary>
    Release,

    /// <summary>A person has to look at it.</summary>
    Review,
}

/// <summary>One row: what one contract event does, and who answers for it.</summary>
/// <param name="Event">The contract event's name, for example <c>capture-succeeded</c>.</param>
/// <param name="LedgerAction">What finance books; recorded, not executed here.</param>
/// <param name="Finality">Whether it can still be undone: <c>provisional</c> or <c>final</c>.</param>
/// <param name="Reversal">The contract event that undoes it, or <c>none</c>.</param>
/// <param name="ExceptionPath">Where it goes when it cannot be done.</param>
/// <param name="Owner">Who answers for the row.</param>
public sealed record TriggerMatrixRow(
    string Event,
    InventoryAction InventoryAction,
    string LedgerAction,
    string Finality,
    string Reversal,
    string ExceptionPath,
    string Owner);

/// <summary>Which payment event does what to the stock. Complete by construction: one row for each contract event.</summary>
public sealed class TriggerMatrix
{
    private static readonly ImmutableDictionary<string, PaymentEventType> ContractEvents = new Dictionary<string, PaymentEventType>
    {
        ["auth-created"] = PaymentEventType.AuthCreated,
        ["auth-failed"] = PaymentEventType.AuthFailed,
        ["auth-voided"] = PaymentEventType.AuthVoided,
        ["capture-succeeded"] = PaymentEventType.CaptureSucceeded,
        ["capture-failed"] = PaymentEventType.CaptureFailed,
        ["settlement-confirmed"] = PaymentEventType.SettlementConfirmed,
        ["refund-posted"] = PaymentEventType.RefundPosted,
        ["refund-failed"] = PaymentEventType.RefundFailed,
        ["chargeback-opened"] = PaymentEventType.ChargebackOpened,
        ["chargeback-won"] = PaymentEventType.ChargebackWon,
        ["chargeback-lost"] = PaymentEventType.ChargebackLost,
    }.ToImmutableDictionary();

    /// <summary>Actions that an event may have. A refund, for one, can never reserve, and nothing restocks but a return.</summary>
    private static readonly ImmutableDictionary<PaymentEventType, ImmutableArray<InventoryAction>> Allowed =
        new Dictionary<PaymentEventType, ImmutableArray<InventoryAction>>
        {
            [PaymentEventType.AuthCreated] = [InventoryAction.Reserve, InventoryAction.Commit, InventoryAction.None],
            [PaymentEventType.AuthFailed] = [InventoryAction.Release, InventoryAction.None],
            [PaymentEventType.AuthVoided] = [InventoryAction.Release, InventoryAction.None],
            [PaymentEventType.CaptureSucceeded] = [InventoryAction.Reserve, InventoryAction.Commit, InventoryAction.None],
            [PaymentEventType.CaptureFailed] = [InventoryAction.Review, InventoryAction.Release, InventoryAction.None],
            [PaymentEventType.SettlementConfirmed] = [InventoryAction.Commit, InventoryAction.None],
            [PaymentEventType.RefundPosted] = [InventoryAction.Review, InventoryAction.Release, InventoryAction.None],
            [PaymentEventType.RefundFailed] = [InventoryAction.Review, InventoryAction.None],
            [PaymentEventType.ChargebackOpened] = [InventoryAction.Review, InventoryAction.None],
            [PaymentEventType.ChargebackWon] = [InventoryAction.Review, InventoryAction.None],
            [PaymentEventType.ChargebackLost] = [InventoryAction.Review, InventoryAction.None],
        }.ToImmutableDictionary();

    private readonly ImmutableDictionary<PaymentEventType, TriggerMatrixRow> _rows;

    private TriggerMatrix(ImmutableDictionary<PaymentEventType, TriggerMatrixRow> rows, string sha256)
    {
        _rows = rows;
        Sha256 = sha256;
    }

    /// <summary>SHA-256 of the canonical rows, lower-case hex: what engineering and finance sign, and what every resolution records.</summary>
    public string Sha256 { get; }

    public InventoryAction ActionFor(PaymentEventType type) => _rows[type].InventoryAction;

    /// <summary>The matrix, or everything that is wrong with these rows.</summary>
    public static (TriggerMatrix? Matrix, ImmutableArray<string> Problems) Create(IEnumerable<TriggerMatrixRow> rows)
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        var byType = new Dictionary<PaymentEventType, TriggerMatrixRow>();
        foreach (var row in rows)
        {
            if (!ContractEvents.TryGetValue(row.Event, out var type))
            {
                problems.Add($"'{row.Event}' is no contract event.");
                continue;
            }

            if (!byType.TryAdd(type, row))
            {
                problems.Add($"'{row.Event}' has more than one row.");
            }

            if (!Allowed[type].Contains(row.InventoryAction))
            {
                problems.Add($"'{row.Event}' cannot have the inventory action {row.InventoryAction}; it can have {string.Join(", ", Allowed[type])}.");
            }

            foreach (var (name, text) in TextColumns(row).Where(column => string.IsNullOrWhiteSpace(column.Text)))
            {
                problems.Add($"'{row.Event}' has no {name}.");
            }

            // They separate columns and rows in what is signed: with them inside a cell, two matrices could have one signature.
            foreach (var (name, _) in TextColumns(row).Where(column => !string.IsNullOrWhiteSpace(column.Text) && column.Text.Any(char.IsControl)))
            {
                problems.Add($"'{row.Event}' has a control character in its {name}.");
            }
        }

        problems.AddRange(ContractEvents.Where(entry => !byType.ContainsKey(entry.Value)).Select(entry => $"'{entry.Key}' has no row.").Order(StringComparer.Ordinal));
        return problems.Count > 0 ? (null, problems.ToImmutable()) : (new TriggerMatrix(byType.ToImmutableDictionary(), Hash(byType.Values)), []);
    }

    private static IEnumerable<(string Name, string Text)> TextColumns(TriggerMatrixRow row) =>
    [
        ("ledger action", row.LedgerAction),
        ("finality", row.Finality),
        ("reversal", row.Reversal),
        ("exception path", row.ExceptionPath),
        ("owner", row.Owner),
    ];

    /// <summary>Over one line per row, sorted by event, columns separated by tabs: layout and comments of the file do not count.</summary>
    private static string Hash(IEnumerable<TriggerMatrixRow> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows.OrderBy(row => row.Event, StringComparer.Ordinal))
        {
            text.Append(row.Event).Append('\t').Append(row.InventoryAction).Append('\t')
                .AppendJoin('\t', TextColumns(row).Select(column => column.Text)).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
