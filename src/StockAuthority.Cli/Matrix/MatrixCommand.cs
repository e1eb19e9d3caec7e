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

    public static Option<bool> Json() => new("--json") { Description = "Print the result as one JSON object and nothing else." };

    /// <summary>Runs a verb and says in one sentence why it could not be run.</summary>
    public static async Task<int> RunAsync(bool json, Func<Task<(int ExitCode, string Text, string Json)>> run, Func<Exception, string>? sentence = null)
    {
        try
        {
            var (exitCode, text, result) = await run();
            Console.WriteLine(json ? result : text);
            return exitCode;
        }
        catch (Exception error) when (error is MatrixFileException || sentence is not null)
        {
            var said = error is MatrixFileException ? error.Message : sentence!(error);
            if (json)
            {
                Console.WriteLine(JsonOutput.Of(new Failure("could_not_run", said)));
            }

            await Console.Error.WriteLineAsync(said);
            return ExitCode.CouldNotRun;
        }
    }

    /// <summary>A file that has to be good, whoever signed it.</summary>
    /// <exception cref="MatrixFileException">It is not.</exception>
    public static TriggerMatrixText Good(string path)
    {
        var file = TriggerMatrixText.Read(path);
        return file.Matrices is null
            ? throw new MatrixFileException($"The trigger matrix {path} is not good:\n  {string.Join("\n  ", file.Problems)}")
            : file;
    }

    private sealed record Failure(string Status, string Error);
}
