namespace StockAuthority.Connectors.Webhook.Delivery;

/// <summary>The subscriber's host has no address that may be called.</summary>
internal sealed class RefusedAddressException(string host) : Exception($"{host} has no public address.");
