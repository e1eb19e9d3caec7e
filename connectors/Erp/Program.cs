using StockAuthority.Connectors.Erp;

return await ErpConnector.RunAsync(args, Console.Error);
