using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace StockAuthority.Intake.Tests.Stripe;

/// <summary>Signs as Stripe's documentation describes it, independently of the SDK that checks it.</summary>
internal static class Signatures
{
    public static string Header(byte[] body, string secret, DateTimeOffset at) =>
        string.Create(CultureInfo.InvariantCulture, $"t={at.ToUnixTimeSeconds()},v1={Digest(body, secret, at)}");

    public static string Digest(byte[] body, string secret, DateTimeOffset at)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes(at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) + "."), .. body];
        return Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed));
    }
}
