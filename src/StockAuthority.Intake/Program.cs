return await StockAuthority.Intake.IntakeApplication.RunAsync(args, Console.Out, Console.Error);
