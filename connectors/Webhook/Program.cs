using StockAuthority.Connectors.Webhook;

return await WebhookConnector.RunAsync(args, Console.Error);
