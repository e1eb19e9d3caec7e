using StockAuthority.Connectors.Pos;

return await PosConnector.RunAsync(args, Console.Error);
