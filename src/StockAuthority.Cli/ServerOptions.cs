using System.CommandLine;
using Grpc.Core;
using StockAuthority.Client;

namespace StockAuthority.Cli;

/// <summary>Which server a command talks to, for which tenant, and as whom.</summary>
internal sealed class ServerOptions
{
    private const string ServerVariable = "STOCKCTL_SERVER";
    private const string TenantVariable = "STOCKCTL_TENANT";

    /// <summary>By the environment or a file only: a command line is seen by every user of a machine.</summary>
    private const string TokenVariable = "STOCKCTL_TOKEN";

    private readonly Option<string> _server = new("--server")
    {
        Description = $"The server's gRPC address; by default what {ServerVariable} has.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(ServerVariable) ?? "",
    };

    private readonly Option<string> _tenant = new("--tenant")
    {
        Description = $"The tenant; by default what {TenantVariable} has.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(TenantVariable) ?? "",
    };

    private readonly Option<FileInfo?> _tokenFile = new("--token-file") { Description = $"A file with the bearer token; by default {TokenVariable} has the token." };

    public void AddTo(Command command)
    {
        command.Add(_server);
        command.Add(_tenant);
        command.Add(_tokenFile);
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="patience">How long a call is tried with all its retries.</param>
    /// <exception cref="ServerOptionException">Something is missing.</exception>
    public StockAuthorityClientOptions Read(ParseResult parsed, TimeSpan patience)
    {
        if (!Uri.TryCreate(parsed.GetValue(_server), UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            throw new ServerOptionException($"--server (or {ServerVariable}) must have the server's gRPC address, for example https://stock.example.com.");
        }

        var tenant = parsed.GetValue(_tenant)!;
        if (tenant.Length == 0)
        {
            throw new ServerOptionException($"--tenant is missing, and {TenantVariable} is not set.");
        }

        var tokenFile = parsed.GetValue(_tokenFile);
        return new StockAuthorityClientOptions
        {
            Address = address,
            Tenant = tenant,
            Token = tokenFile is null ? Environment.GetEnvironmentVariable(TokenVariable) : null,
            TokenFile = tokenFile?.FullName,
            RetryBudget = patience,
        };
    }

    /// <summary>Why a verb could not be run; null for an error that somebody else handles.</summary>
    public static string? Sentence(Exception error) => error switch
    {
        ServerOptionException => error.Message,
        OperationCanceledException => "It was interrupted.",
        RpcException { StatusCode: StatusCode.Unavailable or StatusCode.DeadlineExceeded } away => $"The server did not answer: {Text(away)}.",
        RpcException refused => $"The server refused: {refused.StatusCode}: {Text(refused)}.",
        IOException or UnauthorizedAccessException => error.Message.TrimEnd('.') + ".",
        _ => null,
    };

    private static string Text(RpcException error) => error.Status.Detail.ReplaceLineEndings(" ").TrimEnd('.');
}

/// <summary>The command line does not say which server, or for whom.</summary>
internal sealed class ServerOptionException(string message) : Exception(message);
