using StockAuthority.Connectors.Marketplace;

return await MarketplaceConnector.RunAsync(args, Console.Error);
