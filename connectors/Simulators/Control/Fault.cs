namespace StockAuthority.Connectors.Simulators.Control;

/// <summary>What PUT /simulator/faults asks for; it replaces all that was asked before, and {} ends every fault.</summary>
internal sealed record Fault
{
    /// <summary>Answer with this status, 400 to 599.</summary>
    public int Status { get; set; }

    /// <summary>Where the interface is GraphQL: answer 200 with an error of this code.</summary>
    public string? ErrorCode { get; set; }

    /// <summary>Cuts the connection instead of answering.</summary>
    public bool Reset { get; set; }

    public int? RetryAfterSeconds { get; set; }

    /// <summary>For so many requests; absent: until the next PUT.</summary>
    public int? Count { get; set; }

    /// <summary>Make the change first, so that only the answer is lost.</summary>
    public bool AfterApply { get; set; }

    /// <summary>
    /// Business Central's and Amazon's: only requests whose method and path, for example <c>POST companies(…)/journals</c>, have this in them meet it. Amazon's reads meet no others.
    /// </summary>
    public string? Where { get; set; }

    /// <summary>Makes the change so much later, whether the caller still waits or not. Where the fault has a status, that is answered at once: a request that was stuck on its way.</summary>
    public int ApplyLaterMilliseconds { get; set; }

    /// <summary>Makes the change twice, as a network does that delivers a request again, and answers as if nothing were wrong.</summary>
    public bool Duplicate { get; set; }

    /// <summary>Square's answers say another count than the one that is kept.</summary>
    public bool WrongEcho { get; set; }

    /// <summary>Every answer waits so long.</summary>
    public int LatencyMilliseconds { get; set; }

    /// <summary>Batches that hold one of these catalog objects are refused with 400.</summary>
    public IReadOnlyList<string> RefusedCatalogObjectIds { get; set; } = [];

    /// <summary>Shopify's mutations about one of these inventory items are refused.</summary>
    public IReadOnlyList<string> RefusedInventoryItemIds { get; set; } = [];

    /// <summary>Calls that are about one of these (Square's catalog objects, Shopify's inventory items, Amazon's SKUs) are answered 418, as by something in between.</summary>
    public IReadOnlyList<string> UnanswerableIds { get; set; } = [];

    /// <summary>Amazon has no such fulfilment channels.</summary>
    public IReadOnlyList<string> UnknownChannelCodes { get; set; } = [];

    /// <summary>Amazon takes patches of these SKUs and does not list them.</summary>
    public IReadOnlyList<string> UnlistedSkus { get; set; } = [];

    /// <summary>Shopify's reads show what was there so long ago.</summary>
    public int ReadLagMilliseconds { get; set; }

    /// <summary>Square's webhooks are never sent.</summary>
    public bool LosesWebhooks { get; set; }

    /// <summary>Each of Square's webhooks is sent so often.</summary>
    public int WebhookCopies { get; set; } = 1;

    public string RefusalCode { get; set; } = "NOT_FOUND";

    /// <summary>Whether the error's field says which change it is about.</summary>
    public bool RefusalNamesField { get; set; } = true;
}
