using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Erp.BusinessCentral;

/// <summary>Where Business Central is, as which application and in which company to book. Section <c>BusinessCentral</c>.</summary>
internal sealed record BusinessCentralOptions
{
    /// <summary>The scope of Business Central online, which every registered application asks for.</summary>
    private const string OnlineScope = "https://api.businesscentral.dynamics.com/.default";

    private const int LongestPrefix = 4;

    /// <summary>The environment's API root, for example https://api.businesscentral.dynamics.com/v2.0/{tenant}/{environment}/api/; ends in a slash.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>Entra's token endpoint, for example https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token.</summary>
    public required Uri TokenUrl { get; init; }

    public required string ClientId { get; init; }

    public required string ClientSecret { get; init; }

    public required string Scope { get; init; }

    /// <summary>The company's name.</summary>
    public required string Company { get; init; }

    /// <summary>
    /// What our document numbers and journals' codes begin with: 1 to 4 letters. Another one for each tenant that is booked in the same company.
    /// No digits: posting would rename a journal that has some.
    /// </summary>
    public required string NumberPrefix { get; init; }

    public static BusinessCentralOptions Read(SettingsReader settings)
    {
        var address = settings.RequiredAddress("BusinessCentral:BaseUrl").ToString();
        var prefix = settings.Text("BusinessCentral:NumberPrefix") ?? "SA";
        if (prefix.Length > LongestPrefix || !prefix.All(char.IsAsciiLetterUpper))
        {
            settings.Wrong("BusinessCentral:NumberPrefix is not 1 to 4 letters from A to Z");
        }

        return new BusinessCentralOptions
        {
            BaseUrl = new Uri(address.EndsWith('/') ? address : address + "/"),
            TokenUrl = settings.RequiredAddress("BusinessCentral:TokenUrl"),
            ClientId = settings.Required("BusinessCentral:ClientId"),
            ClientSecret = settings.RequiredSecret("BusinessCentral:ClientSecret"),
            Scope = settings.Text("BusinessCentral:Scope") ?? OnlineScope,
            Company = settings.Required("BusinessCentral:Company"),
            NumberPrefix = prefix,
        };
    }
}
