namespace StockAuthority.DevHost;

/// <summary>Something that the developer can mend. The message is one sentence that says what is wrong and what to do.</summary>
public sealed class DevHostException(string message) : Exception(message);
