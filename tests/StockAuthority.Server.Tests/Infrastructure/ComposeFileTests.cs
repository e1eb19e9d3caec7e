using System.Text.RegularExpressions;
using Shouldly;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>What docker-compose.yml names is there. Containers are not started here; that the settings are read is tested beside each program.</summary>
public sealed partial class ComposeFileTests
{
    private static readonly string Root = TestWorkspace.Checkout.Root;
    private static readonly ComposeFile Compose = ComposeFile.Read();

    [Fact]
    public void Every_image_that_is_built_is_a_program_of_ours()
    {
        var built = Compose.Services.Where(service => Compose.Of(service, "build") is not null).ToArray();
        built.Length.ShouldBeGreaterThan(7);
        foreach (var service in built)
        {
            var build = (Dictionary<object, object?>)Compose.Of(service, "build")!;
            var arguments = (Dictionary<object, object?>)build["args"]!;
            File.Exists(Path.Combine(Root, (string)build["dockerfile"]!)).ShouldBeTrue(service);
            File.Exists(Path.Combine(Root, (string)arguments["PROJECT"]!, arguments["ASSEMBLY"] + ".csproj")).ShouldBeTrue(service);
        }

        Compose.Services.Except(built).ShouldAllBe(service => Image().IsMatch((string)Compose.Of(service, "image")!));
    }

    [Fact]
    public void Every_service_volume_network_and_secret_that_is_used_is_declared_and_every_file_of_ours_is_there()
    {
        foreach (var service in Compose.Services)
        {
            Compose.List(service, "depends_on").Except(Compose.Services).ShouldBeEmpty(service);
            Compose.List(service, "networks").Except(Declared("networks")).ShouldBeEmpty(service);
            Compose.List(service, "secrets").Except(Declared("secrets")).ShouldBeEmpty(service);
            foreach (var source in Compose.List(service, "volumes").Select(volume => volume[..volume.LastIndexOf(":/", StringComparison.Ordinal)]))
            {
                // What begins with a variable is the operator's.
                (source[0] switch
                {
                    '$' => true,
                    '.' => Path.Exists(Path.Combine(Root, source)),
                    _ => Declared("volumes").Contains(source),
                }).ShouldBeTrue($"{service}: {source}");
            }
        }
    }

    [Fact]
    public void Every_health_check_asks_a_port_that_its_program_listens_on()
    {
        foreach (var service in Compose.Services.Where(service => Compose.Of(service, "build") is not null))
        {
            var check = (List<object>)((Dictionary<object, object?>)Compose.Of(service, "healthcheck")!)["test"]!;
            check[1].ShouldBe("ready", service);
            Compose.Environment(service).Where(each => each.Key.StartsWith("Kestrel__Endpoints__", StringComparison.Ordinal)).Select(each => each.Value)
                .ShouldContain($"http://127.0.0.1:{check[2]}", service);
        }
    }

    [Fact]
    public void Every_variable_is_in_the_example_of_the_settings_file_and_what_is_required_is_asked_for()
    {
        var text = File.ReadAllText(Path.Combine(Root, "docker-compose.yml"));
        var example = File.ReadAllLines(Path.Combine(Root, ".env.example"));
        var required = ComposeFile.Required(text).Distinct(StringComparer.Ordinal).ToArray();
        required.Length.ShouldBeGreaterThan(5);
        required.Where(name => !example.Any(line => line.StartsWith(name + "=", StringComparison.Ordinal))).ShouldBeEmpty();

        // Those that have a default of their own need no line: without one they are empty, which somebody has to fill in.
        Empty().Matches(text).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal)
            .Where(name => !example.Any(line => line.TrimStart('#', ' ').StartsWith(name + "=", StringComparison.Ordinal))).ShouldBeEmpty();
    }

    private static string[] Declared(string section) => [.. ((Dictionary<object, object?>)Compose.Root[section]!).Keys.Cast<string>()];

    [GeneratedRegex("^[a-z]+:[0-9]+$")]
    private static partial Regex Image();

    [GeneratedRegex(@"\$\{([A-Z_]+):-\}")]
    private static partial Regex Empty();
}
