using System.Text;
using Shouldly;
using StockAuthority.Intake.Providers;
using StockAuthority.Intake.Stripe;

namespace StockAuthority.Intake.Tests.Stripe;

public sealed class StripeSignatureTests
{
    // Made with another HMAC implementation (Python's), to hold ours to.
    private const string VectorSecret = "whsec_test_vector";
    private const string VectorDigest = "c8c16d6b17c9946676fed984824a3893b8a7abb213c0e773ed54caddf2bf9881";
    private const string PublishedEvent =
        """
        {
          "id": "evt_123",
          "object": "event",
          "account": "acct_123",
          "api_version": "2017-05-25",
          "created": 1533204620,
          "data": {
            "object": {
              "id": "cus_123",
              "object": "customer",
              "created": 123456789,
              "email": "test@stripe.com",
              "livemode": false,
              "metadata": {}
            }
          },
          "livemode": false,
          "pending_webhooks": 1,
          "request": {
            "id": "req_123",
            "idempotency_key": "idempotency-key-123"
          },
          "type": "customer.created"
        }
        """;

    private static readonly DateTimeOffset VectorTime = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    private static readonly byte[] VectorBody = "{\"id\":\"evt_vector\",\"object\":\"event\"}\n"u8.ToArray();

    /// <summary>The secret, header and 484-byte event that the tests of Stripe's own SDK publish (stripe-dotnet, event_test_signature.json).</summary>
    [Fact]
    public void Stripes_own_published_vector_is_verified()
    {
        const string Header = "t=1533204620,v1=2220f87ef101a04665f11cdf770523143f875572008577fa0f20882ddb9cc3c7,v0=63f3a72374a733066c4be69ed7f8e5ac85c22c9f0a6a612ab9a025a9e4ee7eef";
        var body = Encoding.UTF8.GetBytes(PublishedEvent.ReplaceLineEndings("\n") + "\n");
        var signedAt = DateTimeOffset.FromUnixTimeSeconds(1_533_204_620);
        body.Length.ShouldBe(484);
        StripeSignature.Verify(Header, body, ["webhook_secret"], signedAt).ShouldBe(new SignatureVerdict.Verified(0, signedAt));
        StripeSignature.Verify(Header, body[..^1], ["webhook_secret"], signedAt).ShouldBeOfType<SignatureVerdict.Rejected>();
    }

    [Fact]
    public void The_known_vector_is_verified() => Verify($"t=1700000000,v1={VectorDigest}", VectorBody).ShouldBe(new SignatureVerdict.Verified(0, VectorTime));

    [Fact]
    public void A_trimmed_trailing_newline_breaks_the_signature() =>
        RejectionOf($"t=1700000000,v1={VectorDigest}", VectorBody[..^1]).ShouldBe("SIGNATURE_MISMATCH");

    [Fact]
    public void One_changed_byte_breaks_the_signature()
    {
        byte[] changed = [.. VectorBody];
        changed[3] ^= 1;
        RejectionOf($"t=1700000000,v1={VectorDigest}", changed).ShouldBe("SIGNATURE_MISMATCH");
    }

    [Fact]
    public void Any_v1_of_the_header_may_match() =>
        Verify($"t=1700000000, v1={new string('0', 64)}, v1={VectorDigest}, v0=abc", VectorBody).ShouldBeOfType<SignatureVerdict.Verified>();

    [Fact]
    public void A_v0_signature_does_not_count() => RejectionOf($"t=1700000000,v0={VectorDigest}", VectorBody).ShouldBe("SIGNATURE_MISMATCH");

    [Fact]
    public void A_digest_in_capitals_does_not_count() => RejectionOf($"t=1700000000,v1={VectorDigest.ToUpperInvariant()}", VectorBody).ShouldBe("SIGNATURE_MISMATCH");

    [Fact]
    public void While_a_secret_is_rotated_both_are_good_and_the_verdict_says_which_one_matched() =>
        StripeSignature.Verify($"t=1700000000,v1={VectorDigest}", VectorBody, ["whsec_test_new", VectorSecret], VectorTime)
            .ShouldBe(new SignatureVerdict.Verified(1, VectorTime));

    [Theory]
    [InlineData(300, true)]
    [InlineData(-300, true)]
    [InlineData(301, false)]
    [InlineData(-301, false)]
    public void A_signature_is_good_for_300_seconds_either_way(int clockAheadSeconds, bool isGood)
    {
        var verdict = StripeSignature.Verify($"t=1700000000,v1={VectorDigest}", VectorBody, [VectorSecret], VectorTime.AddSeconds(clockAheadSeconds));
        if (isGood)
        {
            verdict.ShouldBeOfType<SignatureVerdict.Verified>();
        }
        else
        {
            verdict.ShouldBeOfType<SignatureVerdict.Rejected>().Reason.ShouldBe("SIGNATURE_STALE");
        }
    }

    [Theory]
    [InlineData(null, "SIGNATURE_MISSING")]
    [InlineData("", "SIGNATURE_MISSING")]
    [InlineData("nonsense", "SIGNATURE_MALFORMED")]
    [InlineData("t=,v1=", "SIGNATURE_MALFORMED")]
    [InlineData("t=99999999999999999999,v1=00", "SIGNATURE_MALFORMED")]
    [InlineData("t=-1700000000,v1=00", "SIGNATURE_MALFORMED")]
    [InlineData("v1=00", "SIGNATURE_MALFORMED")]
    [InlineData("t=1700000000,t=1700000000,v1=00", "SIGNATURE_MALFORMED")]
    [InlineData("t=1700000000", "SIGNATURE_MISMATCH")]
    [InlineData("t=1700000000,v1", "SIGNATURE_MISMATCH")]
    [InlineData("t=1700000000,v1=,,,=", "SIGNATURE_MISMATCH")]
    public void A_header_that_is_not_a_signature_is_rejected_with_its_reason(string? header, string reason) =>
        RejectionOf(header, VectorBody).ShouldBe(reason);

    [Fact]
    public void A_body_that_is_not_UTF8_is_verified_over_its_bytes()
    {
        byte[] body = [0x7b, 0xff, 0xfe, 0x0a];
        var header = Signatures.Header(body, VectorSecret, VectorTime);
        Verify(header, body).ShouldBeOfType<SignatureVerdict.Verified>();
        RejectionOf(header, [0x7b, 0xff, 0xff, 0x0a]).ShouldBe("SIGNATURE_MISMATCH");
    }

    [Fact]
    public void A_byte_order_mark_is_part_of_what_is_signed()
    {
        byte[] body = [.. Encoding.UTF8.Preamble, .. VectorBody];
        Verify(Signatures.Header(body, VectorSecret, VectorTime), body).ShouldBeOfType<SignatureVerdict.Verified>();
        RejectionOf($"t=1700000000,v1={VectorDigest}", body).ShouldBe("SIGNATURE_MISMATCH");
    }

    private static SignatureVerdict Verify(string? header, byte[] body) => StripeSignature.Verify(header, body, [VectorSecret], VectorTime);

    private static string RejectionOf(string? header, byte[] body) => Verify(header, body).ShouldBeOfType<SignatureVerdict.Rejected>().Reason;
}
