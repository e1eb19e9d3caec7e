namespace StockAuthority.Cli;

/// <summary>What the shell is told.</summary>
internal static class ExitCode
{
    public const int Good = 0;
    public const int Bad = 1;
    public const int CouldNotRun = 2;
}
