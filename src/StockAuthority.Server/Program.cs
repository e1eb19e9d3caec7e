using Google.Protobuf.Reflection;
using Google.Rpc;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Availability;
using StockAuthority.Server.Catalogue;
using StockAuthority.Server.ChangeFeed;
using StockAuthority.Server.Channels;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;
using StockAuthority.Server.OpenApi;
using StockAuthority.Server.Payments;
using StockAuthority.ServiceDefaults;

try
{
    var app = Build(args);
    DatabaseMigration.Run(ConnectionString(app.Configuration), app.Logger);
    await app.RunAsync();
    return 0;
}
catch (Exception error) when (error is StartupException or OptionsValidationException)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}
catch (IOException error) when (error.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}

static WebApplication Build(string[] args)
{
    // The one configuration file that belongs to the binaries is found beside them, wherever the process was started.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    builder.AddServiceDefaults("stockauthority-server");

    var services = builder.Services;
    services.AddDataSources(ConnectionString(builder.Configuration));
    services.AddSingleton(TriggerMatrixFile.Load(Path.Combine(
        AppContext.BaseDirectory,
        builder.Configuration["TriggerMatrix:Path"] ?? "config/trigger-matrix.yaml")));
    services.AddInventory();
    services.AddAvailability();
    services.AddChangeFeed();
    services.AddChannels();

    services.AddAccess();
    services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = 1024 * 1024;
            options.Interceptors.Add<CallInterceptor>();
        })
        .AddJsonTranscoding(options =>
        {
            // As ProtoJSON writes them, and as the OpenAPI document says.
            options.JsonSettings.WriteInt64sAsStrings = true;
            options.TypeRegistry = TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor, StockReflection.Descriptor);
        });
    services.AddGrpcReflection();
    services.AddHealthChecks().AddCheck<DatabaseHealthCheck>("database");

    // grpc.health.v1 answers from the last look, which is taken at once and then every few seconds.
    services.AddGrpcHealthChecks(options => options.UseHealthChecksCache = true);
    services.Configure<HealthCheckPublisherOptions>(options =>
    {
        options.Delay = TimeSpan.Zero;
        options.Period = TimeSpan.FromSeconds(5);
    });

    var app = builder.Build();

    app.CheckAccess();
    app.UseRouting();
    app.UseMiddleware<CallerAuthentication>();
    app.MapGrpcService<InventoryGrpcService>();
    app.MapGrpcService<CatalogueGrpcService>();
    app.MapGrpcService<PaymentEventGrpcService>();
    app.MapGrpcService<ChangeFeedGrpcService>();
    app.MapGrpcService<ChannelGrpcService>();
    app.MapGrpcHealthChecksService().AllowAnonymous();
    app.MapGrpcReflectionService().AllowAnonymous();
    app.MapServiceHealth();
    app.MapOpenApi();
    return app;
}

static string ConnectionString(IConfiguration configuration) => configuration.GetConnectionString("Postgres")
    ?? throw new StartupException("Set ConnectionStrings:Postgres to the database of the ledger.");
