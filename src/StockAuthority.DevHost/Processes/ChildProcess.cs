using System.Diagnostics;
using System.Net.Sockets;

namespace StockAuthority.DevHost.Processes;

/// <summary>A running program that this process started, in a session of its own: a terminal's Ctrl-C reaches only us, so we choose the order.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private const int TailLines = 8;
    private static readonly TimeSpan ReadyBound = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan ProbeBound = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KillBound = TimeSpan.FromSeconds(10);

    // The shell sends the output to the file by itself, so the child never waits for us to read it and outlives us unharmed.
    private const string AppendOutputScript = """log=$1; shift; exec "$@" >>"$log" 2>&1 </dev/null""";

    private static readonly HttpClient Probe = new() { Timeout = ProbeBound };

    private readonly Process _process;

    private ChildProcess(ChildProgram program, Process process, ProcessIdentity identity)
    {
        Program = program;
        _process = process;
        Identity = identity;
    }

    /// <summary>What was started.</summary>
    public ChildProgram Program { get; }

    /// <summary>The process.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>Known once it has ended; 128 and the signal where one ended it.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Whether it ended, by itself or by us.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts the program. It need not be ready yet.</summary>
    public static ChildProcess Start(ChildProgram program)
    {
        string[] line = program.Path.EndsWith(".dll", StringComparison.Ordinal)
            ? [Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet", program.Path, .. program.Arguments]
            : [program.Path, .. program.Arguments];
        string[] session = Programs.Find("setsid") is { } setsid ? [setsid] : [];
        Directory.CreateDirectory(Path.GetDirectoryName(program.LogFile)!);
        var start = new ProcessStartInfo("/bin/sh", ["-c", AppendOutputScript, "sh", program.LogFile, .. session, .. line])
        {
            // Where its appsettings.json is.
            WorkingDirectory = Path.GetDirectoryName(program.Path),
        };
        foreach (var inherited in (string[])["ASPNETCORE_URLS", "DOTNET_URLS", "URLS"])
        {
            // Would move the endpoints that we configure.
            start.Environment.Remove(inherited);
        }

        foreach (var (name, value) in program.Environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start) ?? throw new DevHostException($"{program.Name} could not be started.");
        var identity = ProcessIdentity.Of(process.Id) ?? throw Died(program, process);
        return new ChildProcess(program, process, identity);
    }

    /// <summary>Starts the program and waits until it is ready. Where it is not, it is ended and the message says why.</summary>
    public static async Task<ChildProcess> StartReadyAsync(ChildProgram program, CancellationToken cancellationToken = default)
    {
        var child = Start(program);
        try
        {
            await child.WaitReadyAsync(cancellationToken);
            return child;
        }
        catch
        {
            await child.KillAsync();
            throw;
        }
    }

    /// <summary>Returns when the ready address answers 200; throws where the process dies or the bound passes first.</summary>
    public async Task WaitReadyAsync(CancellationToken cancellationToken = default)
    {
        var ready = await Wait.UntilAsync(async () => HasExited || await IsReadyAsync(cancellationToken), ReadyBound, cancellationToken);
        if (HasExited)
        {
            throw Died(Program, _process);
        }

        if (!ready)
        {
            throw new DevHostException($"{Program.Name} was not ready within {ReadyBound.TotalSeconds:0} s (log: {Program.LogFile}).{Tail(Program)}");
        }
    }

    /// <summary>Returns when the process has ended.</summary>
    public Task WaitForExitAsync(CancellationToken cancellationToken = default) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>SIGTERM, then SIGKILL where it does not end within the grace.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        if (!HasExited)
        {
            Unix.Signal(_process.Id, Unix.Terminate);
            using var limit = new CancellationTokenSource(grace);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                await KillAsync();
            }
        }
    }

    /// <summary>SIGKILL: the process gets no chance to finish anything.</summary>
    public async Task KillAsync()
    {
        if (!HasExited)
        {
            Unix.Signal(_process.Id, Unix.Kill);
            using var limit = new CancellationTokenSource(KillBound);
            await _process.WaitForExitAsync(limit.Token);
        }
    }

    /// <summary>SIGSTOP: the process keeps everything that it has, its connections too, and does nothing more.</summary>
    public void Pause() => Unix.Signal(_process.Id, Unix.Pause);

    /// <summary>SIGCONT: it goes on where it was paused.</summary>
    public void Continue() => Unix.Signal(_process.Id, Unix.Continue);

    /// <summary>Ends the process at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        if (Program.Ready is null)
        {
            return true;
        }

        if (Program.Ready.Scheme == "tcp")
        {
            return await TakesConnectionAsync(Program.Ready, cancellationToken);
        }

        try
        {
            using var answer = await Probe.GetAsync(Program.Ready, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task<bool> TakesConnectionAsync(Uri address, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(address.Host, address.Port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static DevHostException Died(ChildProgram program, Process process)
    {
        process.WaitForExit();
        return new($"{program.Name} ended with exit code {process.ExitCode} before it was ready (log: {program.LogFile}).{Tail(program)}");
    }

    private static string Tail(ChildProgram program) =>
        string.Concat(LogTail.Lines(program.LogFile, TailLines).Select(line => $"{Environment.NewLine}  {line}"));
}
