using Spectre.Console;

namespace StockAuthority.Cli;

internal static class Terminal
{
    /// <summary>Standard error, where a person looks at it; null where none does. Progress is shown there: standard output is for results.</summary>
    public static IAnsiConsole? ForProgress()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return Console.IsErrorRedirected || !console.Profile.Capabilities.Interactive ? null : console;
    }
}
