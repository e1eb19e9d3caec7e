using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>Where a connection is between a lane and PostgreSQL.</summary>
internal enum WireState
{
    /// <summary>Being opened; passed through.</summary>
    Opening,

    /// <summary>Nothing is on its way.</summary>
    Idle,

    /// <summary>The lane has sent a round trip, and PostgreSQL has not got it yet.</summary>
    RequestHeld,

    /// <summary>PostgreSQL has the round trip.</summary>
    InServer,

    /// <summary>PostgreSQL has answered, and the lane does not know it yet.</summary>
    ResponseHeld,

    /// <summary>The lane has no connection any more.</summary>
    Cut,
}

/// <summary>
/// One connection through a <see cref="Wire"/>. Whole round trips are held in both directions until the schedule lets them
/// through, so that every await of a lane is a place where something else can happen first.
/// </summary>
internal sealed class WireSession : IDisposable
{
    private const byte ReadyForQuery = (byte)'Z';
    private const byte BackendKeyData = (byte)'K';
    private const byte Execute = (byte)'E';
    private const byte Sync = (byte)'S';
    private const byte Query = (byte)'Q';
    private const byte Terminate = (byte)'X';

    private readonly Lock _gate = new();
    private readonly Socket _client;
    private readonly Socket _server;
    private readonly Wire _wire;
    private readonly List<byte[]> _request = [];
    private readonly List<byte> _response = [];
    private bool _serverHasEnded;

    private WireSession(Socket client, Socket server, Wire wire) => (_client, _server, _wire) = (client, server, wire);

    public WireState State { get; private set; }

    /// <summary>The backend's process id.</summary>
    public int Backend { get; private set; }

    /// <summary>Whether the backend is inside a transaction, and so may hold locks.</summary>
    public bool IsInTransaction { get; private set; }

    /// <summary>Whether the backend still works on what it got, or holds what it locked, although nobody listens to it any more.</summary>
    public bool IsGhost => State == WireState.Cut && !_serverHasEnded;

    /// <summary>Whether the backend has ended although the lane may not know it.</summary>
    public bool HasLostBackend => _serverHasEnded;

    public static async Task<WireSession> ConnectAsync(Socket client, int target, Wire wire)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await server.ConnectAsync(IPAddress.Loopback, target);
        client.NoDelay = true;
        return new WireSession(client, server, wire);
    }

    public Task RunAsync() => Task.WhenAll(ReadRequestsAsync(), ReadResponsesAsync());

    /// <summary>PostgreSQL gets the round trip.</summary>
    public async Task DeliverAsync()
    {
        byte[] request;
        lock (_gate)
        {
            (request, State) = (TakeRequest(1), WireState.InServer);
        }

        await SendAsync(_server, request);
    }

    /// <summary>The lane gets the answer.</summary>
    public async Task AnswerAsync()
    {
        byte[] response;
        bool isLast;
        lock (_gate)
        {
            (response, isLast) = (TakeResponse(), _serverHasEnded);
            State = isLast ? WireState.Cut : WireState.Idle;
        }

        await SendAsync(_client, response);
        if (isLast)
        {
            _client.Close();
        }
    }

    /// <summary>The lane loses its connection. PostgreSQL still gets so much of a round trip that was on its way.</summary>
    /// <param name="delivered">0 for nothing of it, 1 for all, else so much of its statements.</param>
    public async Task CutAsync(double delivered)
    {
        byte[] request;
        lock (_gate)
        {
            request = TakeRequest(delivered);
            _response.Clear();
            State = WireState.Cut;
        }

        _client.Close();
        await SendAsync(_server, request);
        try
        {
            _server.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It had ended as well.
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private async Task ReadRequestsAsync()
    {
        var messages = new WireMessages();
        var buffer = new byte[64 * 1024];
        while (await ReceiveAsync(_client, buffer) is > 0 and var count)
        {
            if (State == WireState.Opening)
            {
                // The first message has no type. Nothing but what opening needs comes before the server is ready.
                await SendAsync(_server, buffer[..count]);
                continue;
            }

            messages.Append(buffer.AsSpan(0, count));
            while (messages.Next() is { } message)
            {
                await OnRequestAsync(message);
            }
        }

        if (State != WireState.Cut)
        {
            // The lane closed it by itself.
            await CutAsync(1);
            _wire.Activity.Signal();
        }
    }

    private async Task OnRequestAsync(byte[] message)
    {
        if (message[0] == Terminate)
        {
            return;
        }

        lock (_gate)
        {
            _request.Add(message);
            if (message[0] is not (Sync or Query))
            {
                return;
            }

            State = _serverHasEnded ? WireState.ResponseHeld : WireState.RequestHeld;
        }

        if (!_wire.IsHolding)
        {
            await DeliverAsync();
        }

        _wire.Activity.Signal();
    }

    private async Task ReadResponsesAsync()
    {
        var messages = new WireMessages();
        var buffer = new byte[64 * 1024];
        while (await ReceiveAsync(_server, buffer) is > 0 and var count)
        {
            messages.Append(buffer.AsSpan(0, count));
            while (messages.Next() is { } message)
            {
                await OnResponseAsync(message);
            }
        }

        await OnServerEndAsync();
    }

    private async Task OnResponseAsync(byte[] message)
    {
        bool passes;
        lock (_gate)
        {
            if (State == WireState.Cut)
            {
                return;
            }

            _response.AddRange(message);
            if (message[0] == BackendKeyData)
            {
                Backend = BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(5));
            }

            passes = State == WireState.Opening || !_wire.IsHolding;
            if (message[0] == ReadyForQuery)
            {
                IsInTransaction = message[5] != (byte)'I';
                State = State == WireState.Opening ? WireState.Idle : WireState.ResponseHeld;
            }

            passes = passes && (State == WireState.Opening || message[0] == ReadyForQuery);
        }

        if (!passes)
        {
            if (message[0] == ReadyForQuery)
            {
                _wire.Activity.Signal();
            }
        }
        else if (State == WireState.ResponseHeld)
        {
            await AnswerAsync();
        }
        else
        {
            byte[] response;
            lock (_gate)
            {
                response = TakeResponse();
            }

            await SendAsync(_client, response);
        }
    }

    private async Task OnServerEndAsync()
    {
        bool ends;
        lock (_gate)
        {
            _serverHasEnded = true;
            IsInTransaction = false;
            _request.Clear();

            // Where the lane waits for something, the schedule says when it learns of the end. Else it finds out by its next round trip.
            ends = State is WireState.Opening;
            State = State is WireState.RequestHeld or WireState.InServer ? WireState.ResponseHeld : State;
        }

        if (ends)
        {
            await AnswerAsync();
        }

        _wire.Activity.Signal();
    }

    /// <summary>Counted in executions, because how many bytes and other messages come with one depends on what was prepared before.</summary>
    private byte[] TakeRequest(double delivered)
    {
        var executions = delivered * (_request.Count(message => message[0] == Execute) + 1);
        List<byte> taken = [];
        foreach (var message in _request)
        {
            if (delivered == 1 || executions >= 1)
            {
                taken.AddRange(message);
            }

            executions -= message[0] == Execute ? 1 : 0;
        }

        _request.Clear();
        return [.. taken];
    }

    private byte[] TakeResponse()
    {
        byte[] taken = [.. _response];
        _response.Clear();
        return taken;
    }

    private static async Task<int> ReceiveAsync(Socket socket, byte[] buffer)
    {
        try
        {
            return await socket.ReceiveAsync(buffer);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }

    private static async Task SendAsync(Socket socket, byte[] bytes)
    {
        try
        {
            for (var sent = 0; sent < bytes.Length;)
            {
                sent += await socket.SendAsync(bytes.AsMemory(sent));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Whoever does not listen any more does not hear it.
        }
    }
}
