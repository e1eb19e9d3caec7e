namespace StockAuthority.MatrixFile;

/// <summary>The file cannot be read at all; the message says why.</summary>
public sealed class MatrixFileException(string message) : Exception(message);
