using System.CommandLine;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Up;

var portBase = new Option<int>("--port-base")
{
    Description = "The first of ten ports in a row on 127.0.0.1.",
    DefaultValueFactory = _ => PortPlan.DefaultBase,
};
portBase.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() is < 1 or > PortPlan.HighestBase)
    {
        result.AddError($"--port-base must be between 1 and {PortPlan.HighestBase}.");
    }
});
var up = new Command("up", "Runs the whole system on this machine until it is interrupted.") { portBase };
up.SetAction(parsed => Guarded(() => UpCommand.RunAsync(parsed.GetValue(portBase))));
var reset = new Command("reset", "Deletes the development database, keys and secrets.");
reset.SetAction(_ => Guarded(ResetCommand.RunAsync));
var postgres = new Command("postgres", "Prints the folder of the PostgreSQL programs that are used.");
postgres.SetAction(_ => Guarded(PostgresCommand.RunAsync));

var root = new RootCommand("StockAuthority on one machine.") { up, reset, postgres };

// Signals are handled by the commands themselves, which may take longer than the library allows.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

static async Task<int> Guarded(Func<Task<int>> command)
{
    try
    {
        return await command();
    }
    catch (Exception e) when (e is DevHostException or IOException or UnauthorizedAccessException)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return 1;
    }
}
