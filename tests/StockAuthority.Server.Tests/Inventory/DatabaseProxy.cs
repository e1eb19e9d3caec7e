using System.Net.Sockets;
using StockAuthority.Testing;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>
/// Stands between a server and PostgreSQL. It can swallow the answer to the next COMMIT and cut the connection, or keep back
/// the end of what a lane sends next, as if the server had been paused, or had vanished, in the middle of sending it.
/// </summary>
internal sealed class DatabaseProxy(int target) : LoopbackProxy(target)
{
    private static readonly byte[] CommitTag = "COMMIT\0"u8.ToArray();
    private static readonly byte[] LaneTag = "stockauthority-ledger\0"u8.ToArray();

    /// <summary>Holds the message that ends a round trip and a part of the one before it, and not more.</summary>
    private const int KeptBack = 12;

    private int _armed;
    private TaskCompletionSource? _stall;

    /// <summary>How many answers were swallowed.</summary>
    public int Cuts { get; private set; }

    /// <summary>Whether a lane's round trip is kept back right now.</summary>
    public bool IsStalling { get; private set; }

    /// <summary>Cuts the connection at the next answer to a COMMIT.</summary>
    public void CutCommit() => Interlocked.Exchange(ref _armed, 1);

    /// <summary>Keeps back the end of the next round trip of a lane until the task ends.</summary>
    public void Stall(TaskCompletionSource until) => Interlocked.Exchange(ref _stall, until);

    protected override async Task ForwardAsync(TcpClient client, TcpClient server) => await Task.WhenAny(
        ForwardRequestsAsync(client.GetStream(), server.GetStream()),
        ForwardAnswersAsync(server.GetStream(), client.GetStream()));

    private async Task ForwardRequestsAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[64 * 1024];
        var isLane = false;
        while (await from.ReadAsync(buffer, Stopping) is > 0 and var count)
        {
            var sent = 0;
            if (isLane && count > KeptBack && Interlocked.Exchange(ref _stall, null) is { } until)
            {
                sent = count - KeptBack;
                await to.WriteAsync(buffer.AsMemory(0, sent), Stopping);
                IsStalling = true;
                await until.Task.WaitAsync(Stopping);
                IsStalling = false;
            }

            isLane |= buffer.AsSpan(0, count).IndexOf(LaneTag) >= 0;
            await to.WriteAsync(buffer.AsMemory(sent, count - sent), Stopping);
        }
    }

    private async Task ForwardAnswersAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, Stopping) is > 0 and var count)
        {
            if (buffer.AsSpan(0, count).IndexOf(CommitTag) >= 0 && Interlocked.Exchange(ref _armed, 0) == 1)
            {
                Cuts++;
                return;
            }

            await to.WriteAsync(buffer.AsMemory(0, count), Stopping);
        }
    }
}
