using System.Net;
using System.Net.Sockets;

namespace StockAuthority.Testing;

/// <summary>Stands between a client and a server on this machine; what becomes of a connection between the two is a derived type's matter.</summary>
public abstract class LoopbackProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _accepting;

    /// <summary>Forwards to a port of this machine from now on.</summary>
    protected LoopbackProxy(int target)
    {
        _target = target;
        Stopping = _stop.Token;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Cancelled at the end.</summary>
    protected CancellationToken Stopping { get; }

    /// <summary>Cuts every connection and takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Forwards what one side sends, and what the other; when this returns or throws, both are cut.</summary>
    protected abstract Task ForwardAsync(TcpClient client, TcpClient server);

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(Stopping)));
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
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, Stopping);
                await ForwardAsync(client, server);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // The connection is gone, which is all that a proxy is about.
            }
        }
    }
}
