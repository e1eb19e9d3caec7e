using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Erp.Tryton;

/// <summary>Where Tryton is and as whom to book. Section <c>Tryton</c>.</summary>
internal sealed record TrytonOptions
{
    /// <summary>The address of the JSON-RPC service.</summary>
    public required Uri Address { get; init; }

    public required string Database { get; init; }

    public required string User { get; init; }

    public required string Password { get; init; }

    /// <summary>The code of the journal for ledger actions.</summary>
    public required string Journal { get; init; }

    public static TrytonOptions Read(SettingsReader settings) => new()
    {
        Address = settings.RequiredAddress("Tryton:Address"),
        Database = settings.Required("Tryton:Database"),
        User = settings.Required("Tryton:User"),
        Password = settings.RequiredSecret("Tryton:Password"),
        Journal = settings.Text("Tryton:Journal") ?? "SA",
    };
}
