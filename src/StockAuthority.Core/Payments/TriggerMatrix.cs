using System.Collections.Immutable;

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
/// <param name="LedgerAction">What finance books: becomes a posting intent, and never touches stock.</param>
/// <param name="Finality">Whether it can still be undone: <c>provisional</c>, or <c>final</c>, which no event reverses.</param>
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
    /// <summary>Its windows' name for every payment method that has none of its own.</summary>
    public const string AnyMethod = "default";

    public static readonly TimeSpan ShortestWindow = TimeSpan.FromMinutes(1);

    public static readonly TimeSpan LongestWindow = TimeSpan.FromDays(90);

    private static readonly ImmutableSortedDictionary<string, PaymentEventType> ContractEvents = new Dictionary<string, PaymentEventType>
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
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

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

    private TriggerMatrix(string? name, ImmutableDictionary<PaymentEventType, TriggerMatrixRow> rows, ImmutableSortedDictionary<string, TimeSpan> windows)
    {
        Name = name;
        _rows = rows;
        Windows = windows;
    }

    /// <summary>The names of all contract events, sorted.</summary>
    public static IEnumerable<string> EventNames => ContractEvents.Keys;

    /// <summary>The override that it comes from; null for the matrix of all others.</summary>
    public string? Name { get; }

    /// <summary>Its rows, sorted by event.</summary>
    public IEnumerable<TriggerMatrixRow> Rows => _rows.Values.OrderBy(row => row.Event, StringComparer.Ordinal);

    /// <summary>How long an uncaptured authorization is held, by payment method; <see cref="AnyMethod"/> for the others.</summary>
    public ImmutableSortedDictionary<string, TimeSpan> Windows { get; }

    public static ImmutableArray<InventoryAction> AllowedFor(string eventName) => Allowed[ContractEvents[eventName]];

    public InventoryAction ActionFor(PaymentEventType type) => _rows[type].InventoryAction;

    public TriggerMatrixRow RowFor(PaymentEventType type) => _rows[type];

    /// <summary>Null for what is no contract event.</summary>
    public TriggerMatrixRow? FindRow(PaymentEventType type) => _rows.GetValueOrDefault(type);
    public LedgerAction LedgerActionFor(PaymentEventType type) => LedgerActions.ByName.GetValueOrDefault(_rows[type].LedgerAction);

    /// <summary>How long an uncaptured authorization by this method is held; null where the matrix does not say.</summary>
    public TimeSpan? WindowFor(string? paymentMethod)
    {
        if (paymentMethod is not null && Windows.TryGetValue(paymentMethod, out var window))
        {
            return window;
        }

        return Windows.TryGetValue(AnyMethod, out var other) ? other : null;
    }

    /// <summary>The matrix, or everything that is wrong with these rows.</summary>
    public static (TriggerMatrix? Matrix, ImmutableArray<string> Problems) Create(
        IEnumerable<TriggerMatrixRow> rows,
        ImmutableSortedDictionary<string, TimeSpan>? windows = null)
    {
        var (byType, problems) = Check(rows);
        problems =
        [
            .. problems,
            .. ContractEvents.Where(entry => !byType.ContainsKey(entry.Value)).Select(entry => $"'{entry.Key}' has no row."),
        ];
        return problems.IsEmpty
            ? (new TriggerMatrix(null, byType.ToImmutableDictionary(), windows ?? ImmutableSortedDictionary<string, TimeSpan>.Empty), [])
            : (null, problems);
    }

    /// <summary>This matrix with some rows and windows of its own instead, or everything that is wrong with those.</summary>
    public (TriggerMatrix? Matrix, ImmutableArray<string> Problems) Override(
        string name,
        IEnumerable<TriggerMatrixRow> rows,
        ImmutableSortedDictionary<string, TimeSpan> windows)
    {
        var (byType, problems) = Check(rows);
        return problems.IsEmpty
            ? (new TriggerMatrix(name, _rows.SetItems(byType), Windows.SetItems(windows)), [])
            : (null, problems);
    }

    /// <summary>Rows that are good each by itself and make no sense together.</summary>
    public IEnumerable<string> Contradictions()
    {
        if (_rows.Values.All(row => row.InventoryAction != InventoryAction.Commit))
        {
            yield return "no event has the inventory action Commit, so no paid order would ever be committed.";
        }

        if (ActionFor(PaymentEventType.AuthCreated) != InventoryAction.None && ActionFor(PaymentEventType.AuthVoided) != InventoryAction.Release)
        {
            yield return $"'auth-created' has the inventory action {ActionFor(PaymentEventType.AuthCreated)}, and 'auth-voided' does not release what it took.";
        }

        foreach (var row in Rows)
        {
            if (row.Finality is not ("provisional" or "final"))
            {
                yield return $"'{row.Event}' has the finality '{row.Finality}'; it is provisional or final.";
            }

            if (row.Reversal != "none" && (row.Reversal == row.Event || !ContractEvents.ContainsKey(row.Reversal)))
            {
                yield return $"'{row.Event}' has the reversal '{row.Reversal}'; it is another contract event or none.";
            }

            if ((row.Finality, row.Reversal) is ("final", not "none"))
            {
                yield return $"'{row.Event}' is final and has the reversal '{row.Reversal}': what can be undone is provisional.";
            }
        }
    }

    private static (Dictionary<PaymentEventType, TriggerMatrixRow> ByType, ImmutableArray<string> Problems) Check(IEnumerable<TriggerMatrixRow> rows)
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

        return (byType, problems.ToImmutable());
    }

    internal static IEnumerable<(string Name, string Text)> TextColumns(TriggerMatrixRow row) =>
    [
        ("ledger action", row.LedgerAction),
        ("finality", row.Finality),
        ("reversal", row.Reversal),
        ("exception path", row.ExceptionPath),
        ("owner", row.Owner),
    ];
}
