using System.CommandLine;
using StockAuthority.Bench;

var json = new Option<bool>("--json") { Description = "Print the figures as one JSON object and nothing else." };
var seconds = new Option<int>("--seconds") { Description = "How long each figure is measured.", DefaultValueFactory = _ => 10 };
var callers = new Option<int>("--callers") { Description = "Concurrent callers, and clients of pgbench.", DefaultValueFactory = _ => 64 };
var only = new Option<string[]>("--only") { Description = "Measure only the figures whose name contains one of these.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
var command = new RootCommand("Measures the authority against plain SQL on the same machine in the same run.") { json, seconds, callers, only };
command.SetAction(async (arguments, cancellationToken) =>
{
    var settings = new BenchSettings(
        TimeSpan.FromSeconds(Math.Clamp(arguments.GetValue(seconds), 1, 600)),
        Math.Clamp(arguments.GetValue(callers), 1, 1_000),
        arguments.GetValue(only) ?? [],
        arguments.GetValue(json) ? Console.Error : Console.Out);
    var report = await BenchRun.RunAsync(settings, cancellationToken);
    Console.WriteLine(arguments.GetValue(json) ? report.ToJson() : report.ToTable());
    return report.Problems.Count == 0 ? 0 : 1;
});
return await command.Parse(args).InvokeAsync();
