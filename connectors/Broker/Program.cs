using StockAuthority.Connectors.Broker;

return await BrokerConnector.RunAsync(args, Console.Error);
