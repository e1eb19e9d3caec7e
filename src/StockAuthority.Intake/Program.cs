return await StockAuthority.Intake.IntakeApplication.RunAsync(args, Console.Error);
