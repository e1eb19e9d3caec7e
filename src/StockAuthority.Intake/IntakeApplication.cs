using Grpc.Net.Client;
using Microsoft.AspNetCore.RateLimiting;
using Npgsql;
using StockAuthority.Client;
using StockAuthority.Database;
using StockAuthority.Intake.Adyen;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Intake.Inbox;
using StockAuthority.Intake.Providers;
using StockAuthority.Intake.Rejections;
using StockAuthority.Intake.Stripe;
using StockAuthority.Payments.V1;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Intake;

internal static class IntakeApplication
{
    /// <summary>The providers that this process knows; a new one is one more entry.</summary>
    public static readonly IReadOnlyList<ProviderRegistration> Providers = [StripeProvider.Read, AdyenProvider.Read];

    private const string WebhookLimit = "webhooks";

    private const int MostReplays = 1000;

    // Each may hold one body of the largest size in memory.
    private const int MostConcurrentWebhooks = 256;

    /// <summary>Serves, or with <c>replay &lt;inbox id&gt;...</c> has those rows dispatched again by whoever serves.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        if (args is ["replay", ..])
        {
            return await ReplayAsync(args, output, errors);
        }

        WebApplication application;
        try
        {
            application = Build(args);
        }
        catch (SettingsException refused)
        {
            await errors.WriteLineAsync(refused.Message);
            return 1;
        }

        await application.RunAsync();
        return 0;
    }

    private static async Task<int> ReplayAsync(string[] args, TextWriter output, TextWriter errors)
    {
        var words = args.Skip(1).TakeWhile(word => !word.StartsWith("--", StringComparison.Ordinal)).ToList();
        var ids = words.Select(word => Guid.TryParse(word, out var id) ? id : (Guid?)null).OfType<Guid>().ToList();
        if (words.Count == 0 || ids.Count < words.Count || ids.Count > MostReplays)
        {
            await errors.WriteLineAsync($"replay needs 1 to {MostReplays} inbox ids: replay <inbox id>...");
            return 1;
        }

        try
        {
            await using var application = Build(args[(1 + words.Count)..]);
            var count = await application.Services.GetRequiredService<InboxQueue>().ReplayAsync(ids, CancellationToken.None);
            await output.WriteLineAsync($"{count} of {ids.Count} rows will be dispatched again; the others are not there or are still pending");
            return 0;
        }
        catch (Exception failure) when (failure is SettingsException or NpgsqlException)
        {
            await errors.WriteLineAsync(failure.Message);
            return 1;
        }
    }

    /// <exception cref="SettingsException">Settings are missing or wrong.</exception>
    public static WebApplication Build(string[] args, IReadOnlyList<ProviderRegistration>? providers = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        var settings = IntakeSettings.Read(builder.Configuration, providers ?? Providers);
        if (Listeners.PlainTextProblem(builder.Configuration, builder.Environment) is { } problem)
        {
            throw new SettingsException(problem);
        }

        builder.AddServiceDefaults("stockauthority-intake");

        // A line or more for each request would let anyone fill the log; rejections are counted instead.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = WebhookReceiver.LargestBodyBytes;
        });
        builder.Services.AddProblemDetails();
        builder.Services.AddRateLimiter(LimitWebhooks);
        builder.Services.AddHealthChecks().AddCheck<DatabaseHealthCheck>("inbox");
        AddIntake(builder.Services, settings);

        var application = builder.Build();
        application.UseExceptionHandler();
        application.UseStatusCodePages();
        application.UseRateLimiter();
        foreach (var provider in settings.Providers.Values)
        {
            application.MapPost(
                    $"/webhooks/{provider.Name}/{{account}}",
                    (string account, WebhookReceiver receiver, HttpContext context) => receiver.ReceiveAsync(provider, account, context))
                .RequireRateLimiting(WebhookLimit);
        }

        application.MapServiceHealth();
        return application;
    }

    private static void AddIntake(IServiceCollection services, IntakeSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<IntakeMetrics>();
        services.AddSingleton(_ => NpgsqlDataSource.Create(settings.InboxConnectionString));
        services.AddSingleton(_ => StockAuthorityChannel.Create(settings.Authority));
        services.AddSingleton(provider => new PaymentEventService.PaymentEventServiceClient(provider.GetRequiredService<GrpcChannel>()));

        services.AddSingleton<InboxMigration>();
        services.AddSingleton<DatabaseMigration>(provider => provider.GetRequiredService<InboxMigration>());
        services.AddHostedService(provider => provider.GetRequiredService<InboxMigration>());
        services.AddSingleton<InboxWriter>();
        services.AddSingleton<RowSignal>();
        services.AddHostedService<InboxRetention>();
        services.AddSingleton<EventPulls>();
        services.AddHostedService<StripeGapDetection>();

        services.AddSingleton<RejectionTrace>();
        services.AddHostedService<RejectionTraceWriter>();
        services.AddSingleton<WebhookReceiver>();

        services.AddSingleton<InboxQueue>();
        services.AddProviderHttp();
        services.AddSingleton<EventCompletion>();
        services.AddSingleton<PaymentEventSender>();
        services.AddHostedService<InboxDispatcher>();
    }

    private static void LimitWebhooks(RateLimiterOptions options)
    {
        options.AddConcurrencyLimiter(WebhookLimit, limit =>
        {
            limit.PermitLimit = MostConcurrentWebhooks;
            limit.QueueLimit = 0;
        });
        options.OnRejected = static async (rejected, _) => await WebhookProblem
            .TryLater(rejected.HttpContext, "TOO_BUSY", "Too many webhooks are being received at once; send it again later.")
            .ExecuteAsync(rejected.HttpContext);
    }
}
