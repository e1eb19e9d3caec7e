using System.CommandLine;
using Grpc.Core;

namespace StockAuthority.Cli;

/// <summary>How a verb's result is told: a text for people or one JSON object on stdout, and what went wrong in one sentence on stderr.</summary>
internal static class Verb
{
    public static Option<bool> JsonOption() => new("--json") { Description = "Print the result as one JSON object and nothing else." };

    /// <param name="json">Whether the result is for programs.</param>
    /// <param name="run">What there is to tell.</param>
    /// <param name="sentence">Why it could not be run, without secrets; null for an error that somebody else handles.</param>
    public static async Task<int> RunAsync(bool json, Func<Task<(int ExitCode, string Text, string Json)>> run, Func<Exception, string?> sentence)
    {
        string? said = null;
        try
        {
            var (exitCode, text, result) = await run();
            Console.WriteLine(json ? result : text);
            return exitCode;
        }
        catch (Exception error) when ((said = sentence(error)) is not null)
        {
            return await FailAsync(json, new Failure("could_not_run", said!), said!, ExitCode.CouldNotRun);
        }
    }

    /// <summary>There is nothing to tell but why.</summary>
    public static async Task<int> FailAsync<TResult>(bool json, TResult result, string sentence, int exitCode)
    {
        if (json)
        {
            Console.WriteLine(JsonOutput.Of(result));
        }

        await Console.Error.WriteLineAsync(sentence);
        return exitCode;
    }

    /// <summary>Whether the server's error is a definite no to what was asked: a result, and no failure to ask.</summary>
    public static bool IsRefusal(RpcException error) => error.StatusCode
        is StatusCode.FailedPrecondition or StatusCode.NotFound or StatusCode.InvalidArgument or StatusCode.PermissionDenied or StatusCode.AlreadyExists or StatusCode.OutOfRange;

    /// <summary>Such a no as a verb's result.</summary>
    public static (int ExitCode, string Text, string Json) Refused(RpcException error)
    {
        var reason = error.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason ?? $"{error.StatusCode}";
        return (ExitCode.Bad, $"{reason}: {error.Status.Detail}", JsonOutput.Of(new Refusal("refused", reason, error.Status.Detail)));
    }

    private sealed record Refusal(string Status, string Reason, string Error);

    private sealed record Failure(string Status, string Error);
}
