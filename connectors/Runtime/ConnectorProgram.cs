using Microsoft.AspNetCore.Builder;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime;

/// <summary>A connector's process: settings that are not usable are told in one sentence before anything is opened.</summary>
public static class ConnectorProgram
{
    /// <summary>Runs until it is stopped.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="errors">Where the sentence goes.</param>
    /// <param name="configure">Registers everything; gives the sentence where the settings are not usable.</param>
    /// <param name="map">Adds endpoints of its own.</param>
    public static async Task<int> RunAsync(string[] args, TextWriter errors, Func<WebApplicationBuilder, string?> configure, Action<WebApplication>? map = null)
    {
        ArgumentNullException.ThrowIfNull(errors);
        ArgumentNullException.ThrowIfNull(configure);
        var builder = WebApplication.CreateBuilder(args);
        if (configure(builder) is { } problem)
        {
            await errors.WriteLineAsync(problem);
            return 1;
        }

        await using var app = Build(builder);
        map?.Invoke(app);
        await app.RunAsync();

        // A part that finds out while it runs that it cannot work says so by it.
        return Environment.ExitCode;
    }

    /// <summary>The process with its health endpoints.</summary>
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var app = builder.Build();
        app.MapServiceHealth();
        return app;
    }

    /// <summary>Why it may not start with these settings; null where it may.</summary>
    public static string? Problem(WebApplicationBuilder builder, SettingsReader settings)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(settings);
        return Listeners.PlainTextProblem(builder.Configuration, builder.Environment) ?? settings.Problem;
    }
}
