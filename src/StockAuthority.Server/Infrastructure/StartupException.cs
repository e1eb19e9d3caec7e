namespace StockAuthority.Server.Infrastructure;

/// <summary>The server cannot start as it is configured. The message is a sentence for whoever operates it.</summary>
internal sealed class StartupException(string message) : Exception(message);
