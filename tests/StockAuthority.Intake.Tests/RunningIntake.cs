using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Npgsql;
using StockAuthority.Intake.Providers;
using StockAuthority.Intake.Tests.Adyen;
using StockAuthority.Intake.Tests.Stripe;

namespace StockAuthority.Intake.Tests;

/// <summary>The whole process, on its real server and a real database, with one account of each provider named shop.</summary>
internal sealed class RunningIntake : IAsyncDisposable
{
    public const string Account = "shop";
    public const string Tenant = "tenant-1";
    public const string Secret = "whsec_test_current";
    public const string OldSecret = "whsec_test_previous";

    private readonly WebApplication _application;

    private RunningIntake(WebApplication application, string connectionString)
    {
        _application = application;
        // A body that is too large is refused before it is sent, and the connection closed: without waiting for that answer
        // the client may find the pipe broken first.
        Http = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromSeconds(30) }) { BaseAddress = new Uri(application.Urls.Single()) };
        Database = NpgsqlDataSource.Create(connectionString);
    }

    public HttpClient Http { get; }

    public NpgsqlDataSource Database { get; }

    public static async Task<RunningIntake> StartAsync(
        string connectionString, int authorityPort, bool waitUntilReady = true, string account = Account, Uri? authority = null, string? token = null, ProviderRegistration? more = null,
        params string[] settings)
    {
        string[] arguments =
        [
            .. Arguments(connectionString, authorityPort, account),
            .. authority is null ? [] : (string[])[$"--StockAuthority:Address={authority}", $"--StockAuthority:Token={token}"],
            .. settings,
        ];
        var application = IntakeApplication.Build(arguments, more is null ? null : [.. IntakeApplication.Providers, more]);
        await application.StartAsync();
        var intake = new RunningIntake(application, connectionString);
        if (waitUntilReady)
        {
            await intake.ReadyAsync();
        }

        return intake;
    }

    public static string[] Arguments(string connectionString, int authorityPort, string account = Account) =>
    [
        "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0",
        "--Logging:LogLevel:Default=None",
        $"--ConnectionStrings:Inbox={connectionString}",
        string.Create(CultureInfo.InvariantCulture, $"--StockAuthority:Address=http://127.0.0.1:{authorityPort}"),
        "--StockAuthority:Token=test-token",
        $"--Stripe:Accounts:{account}:TenantId={Tenant}",
        $"--Stripe:Accounts:{account}:SigningSecrets:0={Secret}",
        $"--Stripe:Accounts:{account}:SigningSecrets:1={OldSecret}",
        $"--Adyen:Accounts:{account}:TenantId={Tenant}",
        $"--Adyen:Accounts:{account}:MerchantAccount={AdyenBodies.MerchantAccount}",
        $"--Adyen:Accounts:{account}:HmacKeys:0={AdyenBodies.Key}",
        $"--Adyen:Accounts:{account}:HmacKeys:1={AdyenBodies.OldKey}",
        $"--Adyen:Accounts:{account}:ImmediateCapture=false",
        $"--AcmePay:Accounts:{account}:TenantId={Tenant}",
        $"--AcmePay:Accounts:{account}:Secrets:0=acme-secret",
    ];

    /// <summary>Stripe's API is there, and the account may read it.</summary>
    public static string[] StripeApi(Uri address) =>
        [$"--Stripe:ApiBaseUrl={address}", $"--Stripe:Accounts:{Account}:ApiKey={StripeSimulator.ApiKey}", $"--Stripe:Accounts:{Account}:AccountId=acct_own"];

    public Task ReadyAsync() => Eventually.GetAsync(async () => (await Http.GetAsync(new Uri("/health/ready", UriKind.Relative))).IsSuccessStatusCode, ready => ready);

    /// <summary>Posts a webhook whose insert is begun and whose session is ended before it can commit.</summary>
    public async Task<HttpResponseMessage> LosingItsRowAsync(Func<Task<HttpResponseMessage>> post)
    {
        await using var locked = await LockedInbox.OfAsync(this);
        var answer = post();
        await locked.EndInsertAsync();
        return await answer;
    }

    public Task<HttpResponseMessage> PostSignedAsync(byte[] body, string secret = Secret, string account = Account) =>
        PostAsync(body, Signatures.Header(body, secret, TimeProvider.System.GetUtcNow()), account);

    public async Task<HttpResponseMessage> PostAsync(byte[] body, string? signature, string account = Account, bool chunked = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/webhooks/stripe/{account}", UriKind.Relative))
        {
            Content = new ByteArrayContent(body),
        };
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = body.Length > WebhookReceiver.LargestBodyBytes;
        request.Content.Headers.ContentType = new("application/json");
        if (signature is not null)
        {
            request.Headers.TryAddWithoutValidation("Stripe-Signature", signature);
        }

        return await Http.SendAsync(request);
    }

    public async Task<HttpResponseMessage> PostAdyenAsync(byte[] body, string account = Account, string? signature = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/webhooks/adyen/{account}", UriKind.Relative)) { Content = new ByteArrayContent(body) };
        request.Headers.ExpectContinue = body.Length > WebhookReceiver.LargestBodyBytes;
        request.Content.Headers.ContentType = new("application/json");
        if (signature is not null)
        {
            request.Headers.TryAddWithoutValidation("HmacSignature", signature);
        }

        return await Http.SendAsync(request);
    }

    public async Task<T> ReadAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync() ?? throw new InvalidOperationException($"No row: {sql}"));
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public Task<long> CountAsync(string condition) => ReadAsync<long>($"SELECT count(*) FROM inbox WHERE {condition}");

    public Task<long> EventuallyCountAsync(string condition, long count) => Eventually.GetAsync(() => CountAsync(condition), found => found == count);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
        await Database.DisposeAsync();
    }
}
