using StockAuthority.Connectors.Simulators;

return await SimulatorHost.RunAsync(args, Console.Error);
