namespace StockAuthority.Intake.Adyen;

/// <summary>A merchant account whose webhooks come here.</summary>
/// <param name="MerchantAccount">Adyen's code of it: signed items of any other are parked.</param>
/// <param name="HmacKeys">The current one and, during rotation, the previous one.</param>
/// <param name="ImmediateCapture">Whether a payment is captured as soon as it is authorized, so that AUTHORISATION says both.</param>
internal sealed record AdyenAccount(string TenantId, string MerchantAccount, IReadOnlyList<byte[]> HmacKeys, bool ImmediateCapture, AdyenReportUser? Reports = null);

/// <summary>The report user, where settlement reports are read.</summary>
internal sealed record AdyenReportUser(string User, string Password)
{
    /// <summary>Never the password.</summary>
    public override string ToString() => "Adyen report user";
}
