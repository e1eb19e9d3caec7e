using System.CommandLine;
using Grpc.Core;
using StockAuthority.Client;

namespace StockAuthority.Cli;

/// <summary>Which server and tenant a verb is about, and what is said where that does not work. The token comes by the environment or a file: a command line is seen by every user of a machine.</summary>
internal sealed class ServerOption
{
    private const string ServerVariable = "STOCKCTL_SERVER";
    private const string TenantVariable = "STOCKCTL_TENANT";
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

    /// <exception cref="ArgumentException">Something is missing.</exception>
    public (StockAuthorityClientOptions Options, string Tenant) Read(ParseResult parsed)
    {
        if (!Uri.TryCreate(parsed.GetValue(_server), UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException($"--server (or {ServerVariable}) must have the server's gRPC address, for example https://stock.example.com.");
        }

        var tenant = parsed.GetValue(_tenant)!;
        if (tenant.Length == 0)
        {
            throw new ArgumentException($"--tenant is missing, and {TenantVariable} is not set.");
        }

        var tokenFile = parsed.GetValue(_tokenFile);
        return (
            new StockAuthorityClientOptions
            {
                Address = address,
                Tenant = tenant,
                Token = tokenFile is null ? Environment.GetEnvironmentVariable(TokenVariable) : null,
                TokenFile = tokenFile?.FullName,
            },
            tenant);
    }

    public static string Sentence(Exception error) => error switch
    {
        RpcException { StatusCode: StatusCode.Unavailable } => "The server cannot be reached.",
        RpcException refused => $"The server refused: {refused.Status.Detail.TrimEnd('.')}.",
        _ => error.Message.ReplaceLineEndings(" ").TrimEnd('.') + ".",
    };
}
