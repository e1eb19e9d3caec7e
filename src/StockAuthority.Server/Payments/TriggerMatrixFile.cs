using StockAuthority.Core.Payments;
using StockAuthority.MatrixFile;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Payments;

/// <summary>Reads the trigger matrix. The server does not start with one that is not good or not signed off as it is.</summary>
internal static class TriggerMatrixFile
{
    /// <exception cref="StartupException">Says everything that is wrong, and what to do.</exception>
    public static TriggerMatrices Load(string path)
    {
        try
        {
            var file = TriggerMatrixText.Read(path);
            return file.Matrices is not { } matrices ? throw Refused(path, "is not good", file.Problems)
                : file.SignatureProblems is { IsEmpty: false } unsigned ? throw Refused(path, "is not signed off", unsigned)
                : matrices;
        }
        catch (MatrixFileException error)
        {
            throw new StartupException(error.Message);
        }
    }

    private static StartupException Refused(string path, string why, IEnumerable<string> problems) =>
        new($"The trigger matrix {path} {why}, so the server does not start; docs/trigger-matrix.md explains the file.\n  {string.Join("\n  ", problems)}");
}
