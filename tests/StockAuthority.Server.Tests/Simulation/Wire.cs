using System.Net;
using System.Net.Sockets;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>Stands between one replica and PostgreSQL on 127.0.0.1. It needs nothing of the product but an address to connect to.</summary>
internal sealed class Wire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _gate = new();
    private readonly List<WireSession> _sessions = [];
    private readonly List<Task> _running = [];
    private readonly int _target;
    private readonly Task _accepting;

    /// <param name="target">PostgreSQL's port.</param>
    /// <param name="activity">Told of everything that happens here.</param>
    public Wire(int target, Activity activity)
    {
        (_target, Activity) = (target, activity);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Activity Activity { get; }

    /// <summary>Whether round trips wait for the schedule. Else they pass.</summary>
    public bool IsHolding { get; set; }

    /// <summary>Whether new connections are refused.</summary>
    public bool IsDown { get; set; }

    /// <summary>The lane's connection, if it has one.</summary>
    public WireSession? Session
    {
        get
        {
            lock (_gate)
            {
                return _sessions.LastOrDefault(each => each.State != WireState.Cut);
            }
        }
    }

    /// <summary>Backends that nobody listens to any more and that have not ended yet.</summary>
    public IReadOnlyList<WireSession> Ghosts
    {
        get
        {
            lock (_gate)
            {
                return [.. _sessions.Where(each => each.IsGhost)];
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        lock (_gate)
        {
            _sessions.ForEach(each => each.Dispose());
        }

        await Task.WhenAll(_running);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            if (IsDown)
            {
                client.Dispose();
                continue;
            }

            var session = await WireSession.ConnectAsync(client, _target, this);
            lock (_gate)
            {
                _sessions.RemoveAll(each => each is { State: WireState.Cut, IsGhost: false });
                _sessions.Add(session);
            }

            _running.RemoveAll(each => each.IsCompleted);
            _running.Add(session.RunAsync());
        }
    }
}
