using Microsoft.Extensions.Configuration;
using Npgsql;
using Shouldly;

namespace StockAuthority.Intake.Tests;

public sealed class IntakeSettingsTests
{
    [Fact]
    public async Task Missing_settings_are_one_sentence_that_names_them_all_and_exit_code_1()
    {
        using var errors = new StringWriter();
        (await IntakeApplication.RunAsync([], TextWriter.Null, errors)).ShouldBe(1);

        var sentence = errors.ToString().Trim();
        sentence.ShouldNotContain("\n");
        sentence.ShouldContain("ConnectionStrings:Inbox");
        sentence.ShouldContain("StockAuthority:Address");
        sentence.ShouldContain("StockAuthority:TokenFile");
        sentence.ShouldContain("Stripe:Accounts");
    }

    [Fact]
    public async Task An_account_without_a_secret_is_missing_it()
    {
        using var errors = new StringWriter();
        string[] complete = RunningIntake.Arguments("Host=127.0.0.1", authorityPort: 1);
        string[] lacking = [.. complete.Where(argument => !argument.Contains("SigningSecrets", StringComparison.Ordinal))];
        (await IntakeApplication.RunAsync(lacking, TextWriter.Null, errors)).ShouldBe(1);
        errors.ToString().ShouldContain("Stripe:Accounts:shop:SigningSecrets:0");
    }

    [Theory]
    [InlineData("ConnectionStrings:Inbox", "Password=secret;Nonsense=1")]
    [InlineData("StockAuthority:Address", "not an address")]
    [InlineData("Inbox:RetentionDays", "-17")]
    [InlineData("Adyen:Accounts:shop:HmacKeys:0", "not hexadecimal")]
    [InlineData("Adyen:Accounts:shop:ImmediateCapture", "perhaps")]
    public async Task A_wrong_setting_is_named_and_its_value_is_not_repeated(string key, string value)
    {
        using var errors = new StringWriter();
        string[] arguments = [.. RunningIntake.Arguments("Host=127.0.0.1", authorityPort: 1), $"--{key}={value}"];
        (await IntakeApplication.RunAsync(arguments, TextWriter.Null, errors)).ShouldBe(1);
        errors.ToString().ShouldContain(key);
        errors.ToString().ShouldNotContain(value);
    }

    [Theory]
    [InlineData("Host=127.0.0.1", 4, 5)]
    [InlineData("Host=127.0.0.1;Timeout=9;Command Timeout=8", 9, 8)]
    public void The_inbox_is_waited_for_less_long_than_a_provider_waits_unless_told_otherwise(string connectionString, int timeoutSeconds, int commandTimeoutSeconds)
    {
        var configuration = new ConfigurationBuilder().AddCommandLine(RunningIntake.Arguments(connectionString, authorityPort: 1)).Build();
        var builder = new NpgsqlConnectionStringBuilder(IntakeSettings.Read(configuration, IntakeApplication.Providers).InboxConnectionString);
        builder.Timeout.ShouldBe(timeoutSeconds);
        builder.CommandTimeout.ShouldBe(commandTimeoutSeconds);
    }
}
