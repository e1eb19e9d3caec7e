using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.EndToEnd.Tests;

/// <summary>The sample terminal, as a process that is cut off and killed.</summary>
[Collection(SharedSystem.Name)]
public sealed class TerminalTests(WholeSystem system)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_terminal_that_is_offline_killed_and_cut_off_books_each_sale_once_and_ends_with_the_servers_levels()
    {
        var (address, token) = await system.CallerAsync();
        var folder = Directory.CreateDirectory(Path.Combine(await TestWorkspace.FolderAsync(), "terminal-" + Guid.NewGuid().ToString("N"))).FullName;
        var tokenFile = Path.Combine(folder, "token");
        await File.WriteAllTextAsync(tokenFile, token);
        var sku = await system.OpenAsync(50);

        // The first connections end while sales are under way: some were booked, and their answers are lost.
        await using var proxy = new CuttingProxy(address, 900, 1200, 2500);
        string[] arguments = ["--name", "till-7", "--location", WholeSystem.Location, "--folder", folder, "--address", proxy.Address.OriginalString, "--token-file", tokenFile, "--tenant", WholeSystem.Tenant];
        var keys = new List<string>();
        using (var offline = Terminal.Start([.. arguments, "--offline"]))
        {
            for (var sale = 0; sale < 6; sale++)
            {
                keys.Add(await offline.SellAsync(sku));
            }

            offline.Kill();
        }

        (await system.LevelAsync(sku)).Available.ShouldBe(50);
        using (var again = Terminal.Start([.. arguments, "--offline"]))
        {
            keys.Add(await again.SellAsync(sku));
            await again.SayAsync("online");
            keys.Add(await again.SellAsync(sku));
            again.Kill();
        }

        // Sold elsewhere meanwhile.
        await system.Inventory.AdjustAsync(new AdjustRequest
        {
            TenantId = WholeSystem.Tenant,
            IdempotencyKey = Guid.NewGuid().ToString(),
            DocumentRef = "elsewhere",
            Reason = AdjustmentReason.Receipt,
            Lines = { new StockLine { Sku = sku, LocationId = WholeSystem.Location, Quantity = 5 } },
        });
        await File.AppendAllTextAsync(Path.Combine(folder, "sales.jsonl"), """{"Sale":{"Key":"torn""");
        using var back = Terminal.Start(arguments);
        keys.Add(await back.SellAsync(sku));

        await Eventually.Holds(async () => (await back.SayAsync("levels")).Contains(", 0 sales unanswered", StringComparison.Ordinal), Patience);
        keys.Distinct().Count().ShouldBe(9);
        var sales = (await system.Inventory.ListMovementsAsync(new ListMovementsRequest { TenantId = WholeSystem.Tenant, Sku = sku, PageSize = 500 })).Movements
            .Where(movement => movement.Reason == AdjustmentReason.Sale).ToArray();
        sales.Select(sale => sale.IdempotencyKey).Order().ShouldBe(keys.Order());
        sales.ShouldAllBe(sale => sale.OccurTime <= sale.RecordTime && sale.DocumentRef == "till-7");
        proxy.Cuts.ShouldBeGreaterThan(0);

        var level = await system.LevelAsync(sku);
        level.Available.ShouldBe(46);
        await Eventually.Holds(
            async () => File.Exists(Path.Combine(folder, "levels.json"))
                && JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "levels.json")))!["Levels"]![sku] is { } known
                && known["Available"]!.GetValue<long>() == level.Available && known["Version"]!.GetValue<long>() == level.Version,
            Patience);
        await back.SayAsync("levels");
        await Eventually.Holds(() => back.Shows(sku, 46), Patience);
        back.Kill();
    }

    private sealed class Terminal : IDisposable
    {
        private readonly Process _process;
        private readonly List<string> _lines = [];
        private readonly Lock _lock = new();

        private Terminal(Process process)
        {
            _process = process;
            process.OutputDataReceived += (_, line) =>
            {
                lock (_lock)
                {
                    _lines.Add(line.Data ?? "");
                }
            };
            process.BeginOutputReadLine();
        }

        public static Terminal Start(string[] arguments)
        {
            var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
            start.ArgumentList.Add(TestWorkspace.Checkout.Program("samples/Terminal", "StockAuthority.Samples.Terminal"));
            foreach (var argument in arguments)
            {
                start.ArgumentList.Add(argument);
            }

            return new Terminal(Process.Start(start)!);
        }

        /// <returns>The sale's key, once the terminal has it on disk.</returns>
        public async Task<string> SellAsync(string sku)
        {
            var answer = await SayAsync($"sell {sku}");
            answer.ShouldStartWith("rung up ");
            return answer.Split(' ', ':')[2];
        }

        /// <returns>The first line of the answer.</returns>
        public async Task<string> SayAsync(string command)
        {
            int before;
            lock (_lock)
            {
                before = _lines.Count;
            }

            await _process.StandardInput.WriteLineAsync(command);
            await _process.StandardInput.FlushAsync();
            return await Eventually.Becomes(() => Task.FromResult(AnswerAfter(before)), line => line is not null) ?? "";
        }

        public bool Shows(string sku, long units)
        {
            lock (_lock)
            {
                return _lines.FindLast(line => line.StartsWith(sku + " ", StringComparison.Ordinal)) == string.Create(CultureInfo.InvariantCulture, $"{sku} {units}");
            }
        }

        public void Kill() => _process.Kill();

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }

            _process.WaitForExit();
            _process.Dispose();
        }

        private string? AnswerAfter(int before)
        {
            lock (_lock)
            {
                return _lines.Skip(before).FirstOrDefault(line =>
                    line.StartsWith("rung up", StringComparison.Ordinal) || line.StartsWith("as of", StringComparison.Ordinal) || line is "online" or "offline");
            }
        }
    }
}
