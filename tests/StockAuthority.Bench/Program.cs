using System.CommandLine;
using StockAuthority.Bench;

var json = new Option<bool>("--json") { Description = "Print the figures as one JSON object and nothing else." };
var seconds = new Option<int>("--seconds") { Description = "How long each figure is measured.", DefaultValueFactory = _ => 10 };
var callers = new Option<int>("--callers") { Description = "Concurrent callers, and clients of pgbench.", DefaultValueFactory = _ => 64 };
var only = new Option<string[]>("--only") { Description = "Measure only the figures whose name contains one of these.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
var slowSync = new Option<bool>("--slow-sync") { Description = "Measure also with 1 ms added to each sync of PostgreSQL. Needs strace and the right to attach it." };
var old = new Option<long>("--old-reservations") { Description = "Measure Reserve once more with so many reservations present; 10 million take minutes and 8 GB." };
var backlog = new Option<long>("--backlog") { Description = "How many webhooks are stored while the authority is away, and drained when it is back.", DefaultValueFactory = _ => 200_000 };
var replays = new Option<long>("--replays") { Description = "How many stored webhooks are replayed; a million takes minutes.", DefaultValueFactory = _ => 200_000 };
var command = new RootCommand("Measures the authority against plain SQL on the same machine in the same run.") { json, seconds, callers, only, slowSync, old, backlog, replays };
slowSync.Validators.Add(result =>
{
    if (result.GetValueOrDefault<bool>() && !SlowDisk.IsPossible)
    {
        result.AddError("--slow-sync needs strace, which is not there.");
    }
});
command.SetAction(async (arguments, cancellationToken) =>
{
    var settings = new BenchSettings(
        TimeSpan.FromSeconds(Math.Clamp(arguments.GetValue(seconds), 1, 600)),
        Math.Clamp(arguments.GetValue(callers), 1, 1_000),
        arguments.GetValue(only) ?? [],
        arguments.GetValue(slowSync),
        Math.Clamp(arguments.GetValue(old), 0, 100_000_000),
        Math.Clamp(arguments.GetValue(backlog), 10_000, 10_000_000),
        Math.Clamp(arguments.GetValue(replays), 0, 100_000_000),
        arguments.GetValue(json) ? Console.Error : Console.Out);
    var report = await BenchRun.RunAsync(settings, cancellationToken);
    Console.WriteLine(arguments.GetValue(json) ? report.ToJson() : report.ToTable());
    return report.Problems.Count == 0 ? 0 : 1;
});
return await command.Parse(args).InvokeAsync();
