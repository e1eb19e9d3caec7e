using System.CommandLine;
using System.CommandLine.Invocation;
using StockAuthority.Cli;
using StockAuthority.Cli.Channels;
using StockAuthority.Cli.Exceptions;
using StockAuthority.Cli.Journal;
using StockAuthority.Cli.Levels;
using StockAuthority.Cli.Matrix;
using StockAuthority.Cli.Settlements;
using StockAuthority.Cli.Verify;
using StockAuthority.Cli.Webhook;

var root = new RootCommand("Tools for people who operate StockAuthority.")
{
    LevelsCommand.Create(), VerifyCommand.Create(), JournalCommand.Create(), MatrixCommand.Create(), ExceptionsCommand.Create(), ChannelCommand.Create(),
    WebhookCommand.Create(), SettlementCommand.Create(),
};
var parsed = root.Parse(args);
if (parsed.Action is ParseErrorAction)
{
    await Console.Error.WriteLineAsync(parsed.Errors[0].Message);
    return ExitCode.CouldNotRun;
}

return await parsed.InvokeAsync();
