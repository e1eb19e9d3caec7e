using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace StockAuthority.Testing;

/// <summary>Stands between a client and a server on this machine, and cuts their connections when it is told to, or by what was sent.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _open = new();
    private readonly Uri _target;
    private readonly ConcurrentQueue<int> _cutAfterBytes;
    private readonly Task _accepting;
    private int _cuts;

    /// <summary>Forwards to the target from now on.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="cutAfterBytes">How much of a client each of the first connections lets through before it is cut. Later ones are not cut.</param>
    public CuttingProxy(Uri target, params IEnumerable<int> cutAfterBytes)
    {
        _target = target;
        _cutAfterBytes = new ConcurrentQueue<int>(cutAfterBytes);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>How many connections were cut.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>Cuts every connection; new ones are let through.</summary>
    public void Cut()
    {
        foreach (var client in _open.Keys)
        {
            client.Client.Dispose();
            Interlocked.Increment(ref _cuts);
        }
    }

    /// <summary>Cuts every connection and takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            _open[client] = true;
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target.Port, _stop.Token);
                await Task.WhenAny(
                    ForwardAsync(client.GetStream(), server.GetStream(), _cutAfterBytes.TryDequeue(out var bytes) ? bytes : long.MaxValue),
                    server.GetStream().CopyToAsync(client.GetStream(), _stop.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // The connection is gone, which is all that this proxy is about.
            }
            finally
            {
                _open.TryRemove(client, out _);
            }
        }
    }

    private async Task ForwardAsync(NetworkStream from, NetworkStream to, long cutAfterBytes)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, _stop.Token) is > 0 and var count)
        {
            await to.WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            if ((cutAfterBytes -= count) <= 0)
            {
                Interlocked.Increment(ref _cuts);
                return;
            }
        }
    }
}
