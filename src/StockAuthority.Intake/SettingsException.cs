namespace StockAuthority.Intake;

/// <summary>A setting is missing or wrong; the message is one sentence for the person who starts the process.</summary>
internal sealed class SettingsException(string message) : Exception(message);
