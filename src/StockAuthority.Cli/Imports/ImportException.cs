namespace StockAuthority.Cli.Imports;

/// <summary>The import cannot be begun, or cannot go on. The message is a sentence for people.</summary>
internal sealed class ImportException(string message) : Exception(message);
