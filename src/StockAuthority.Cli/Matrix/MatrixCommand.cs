using System.CommandLine;
using StockAuthority.MatrixFile;

namespace StockAuthority.Cli.Matrix;

/// <summary><c>stockctl matrix</c></summary>
internal static class MatrixCommand
{
    public static Command Create() => new("matrix", "The trigger matrix: what each payment event does to the stock.")
    {
        CheckCommand.Create(), SignCommand.Create(), DiffCommand.Create(), SimulateCommand.Create(),
    };

    public static Argument<string> File(string name, string description) => new(name) { Description = description };

    /// <summary>Runs a verb that needs nothing but files.</summary>
    public static Task<int> RunAsync(bool json, Func<(int ExitCode, string Text, string Json)> run) =>
        Verb.RunAsync(json, () => Task.FromResult(run()), error => (error as MatrixFileException)?.Message);

    /// <summary>A file that has to be good, whoever signed it.</summary>
    /// <exception cref="MatrixFileException">It is not.</exception>
    public static TriggerMatrixText Good(string path)
    {
        var file = TriggerMatrixText.Read(path);
        return file.Matrices is null
            ? throw new MatrixFileException($"The trigger matrix {path} is not good:\n  {string.Join("\n  ", file.Problems)}")
            : file;
    }
}
