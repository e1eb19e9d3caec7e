using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace StockAuthority.DevHost;

/// <summary>TCP ports on 127.0.0.1.</summary>
public static class Ports
{
    // Below the range that Linux hands out to outgoing connections (32768 and up), so that a port that was free stays free.
    private const int LowestFree = 20_000;
    private const int HighestFree = 32_000;

    /// <summary>A port that nothing listens on.</summary>
    public static int Free()
    {
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            var port = RandomNumberGenerator.GetInt32(LowestFree, HighestFree);
            if (IsFree(port))
            {
                return port;
            }
        }

        throw new DevHostException($"No free port between {LowestFree} and {HighestFree} on 127.0.0.1.");
    }

    /// <summary>Whether this process could listen on it now.</summary>
    public static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
