using System.Globalization;
using System.Security.Cryptography;
using StockAuthority.DevHost.Processes;

namespace StockAuthority.DevHost.RabbitMq;

/// <summary>
/// A RabbitMQ server from the system's package, with data, names and cookie of its own and on 127.0.0.1 only. Two programs: <c>epmd</c>, which tells
/// Erlang's nodes each other's ports and which RabbitMQ would otherwise start as a daemon for the whole machine, and then the server.
/// </summary>
public sealed class RabbitMqServer
{
    /// <summary>The user that publishes and consumes.</summary>
    public const string User = "stockauthority";

    private const string Package = "rabbitmq-server";

    // The ones in PATH insist on root or the package's own account.
    private const string Folder = "/usr/lib/rabbitmq/bin";
    private static readonly TimeSpan ControlBound = TimeSpan.FromSeconds(60);

    private readonly ServiceAccount _account;
    private readonly Dictionary<string, string> _environment;

    private RabbitMqServer(ServiceAccount account, Dictionary<string, string> environment, RabbitMqPorts ports, string epmdLog, string serverLog)
    {
        (_account, _environment, Port) = (account, environment, ports.Amqp);
        Names = Program("epmd", Programs.Find("epmd")!, epmdLog, ports.Names, "-port", ports.Names.ToString(CultureInfo.InvariantCulture), "-address", "127.0.0.1");
        Server = Program("rabbitmq", Path.Combine(Folder, "rabbitmq-server"), serverLog, ports.Amqp);
    }

    /// <summary>To be started before the server.</summary>
    public ChildProgram Names { get; }

    /// <summary>The server.</summary>
    public ChildProgram Server { get; }

    /// <summary>Where it takes AMQP 0.9.1.</summary>
    public int Port { get; }

    /// <summary>For example <c>amqp://127.0.0.1:7082</c>.</summary>
    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"amqp://127.0.0.1:{Port}"));

    /// <summary>Null where it can be started; else what to do.</summary>
    public static string? Missing() => File.Exists(Path.Combine(Folder, "rabbitmq-server")) && Programs.Find("epmd") is not null
        ? null
        : $"RabbitMQ is not installed. Debian, Ubuntu: sudo apt-get install --no-install-recommends {Package}";

    /// <summary>The password that is kept in the folder, or a new one.</summary>
    public static string Password(string folder) => PasswordFile(folder) is var kept && File.Exists(kept)
        ? File.ReadAllText(kept).Trim()
        : RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Where <see cref="PrepareAsync"/> keeps the password, for those who connect.</summary>
    public static string PasswordFile(string folder) => Path.Combine(folder, "password");

    /// <summary>Writes its configuration and says how to start it. The user is made at the first start.</summary>
    /// <param name="folder">For all that it keeps; nobody else may read it.</param>
    /// <param name="ports">Where it listens on 127.0.0.1.</param>
    /// <param name="serverLog">What the server prints.</param>
    /// <param name="epmdLog">What epmd prints.</param>
    /// <param name="settings">More lines of rabbitmq.conf.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<RabbitMqServer> PrepareAsync(
        string folder, RabbitMqPorts ports, string serverLog, string epmdLog, string settings = "", CancellationToken cancellationToken = default)
    {
        var account = await ServiceAccount.ChooseAsync("rabbitmq", cancellationToken);
        var password = Password(folder);
        PrivateFile.CreateFolder(folder);
        PrivateFile.Write(PasswordFile(folder), password);
        var (data, configuration, plugins) = (Path.Combine(folder, "data"), Path.Combine(folder, "rabbitmq.conf"), Path.Combine(folder, "enabled_plugins"));
        Directory.CreateDirectory(data);
        PrivateFile.Write(plugins, "[].\n");
        PrivateFile.Write(
            configuration,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                listeners.tcp.1 = 127.0.0.1:{ports.Amqp}
                default_user = {User}
                default_pass = {password}
                log.file = false
                log.console = true
                log.console.level = warning
                {settings}

                """));
        await account.OwnAsync(folder, cancellationToken);
        return new RabbitMqServer(
            account,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                // Its cookie is there.
                ["HOME"] = data,

                // Without it the script stands between us and the server, and a signal would end only the script.
                ["RUNNING_UNDER_SYSTEMD"] = "true",
                ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
                ["RABBITMQ_CONFIG_FILE"] = configuration,
                ["RABBITMQ_ENABLED_PLUGINS_FILE"] = plugins,
                ["RABBITMQ_MNESIA_BASE"] = data,
                ["RABBITMQ_LOG_BASE"] = data,
                ["RABBITMQ_NODENAME"] = string.Create(CultureInfo.InvariantCulture, $"stockauthority-{ports.Amqp}@localhost"),
                ["RABBITMQ_DIST_PORT"] = ports.Node.ToString(CultureInfo.InvariantCulture),
                ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}",
                ["ERL_EPMD_PORT"] = ports.Names.ToString(CultureInfo.InvariantCulture),
                ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            },
            ports,
            epmdLog,
            serverLog);
    }

    /// <summary>What <c>rabbitmqctl</c> prints.</summary>
    public async Task<string> ControlAsync(params string[] arguments)
    {
        var line = _account.Line("/usr/bin/env", [.. _environment.Select(setting => $"{setting.Key}={setting.Value}"), Path.Combine(Folder, "rabbitmqctl"), .. arguments]);
        var result = await Tool.RunAsync(line[0], line[1..], ControlBound);
        return result.Succeeded ? result.Output : throw new DevHostException($"rabbitmqctl {string.Join(' ', arguments)} failed: {result.Output}");
    }

    private ChildProgram Program(string name, string program, string logFile, int port, params string[] arguments)
    {
        var line = _account.Line(program, arguments);
        return new ChildProgram(name, Programs.Find(line[0]) ?? line[0], logFile)
        {
            Arguments = line[1..],
            Environment = _environment,
            Ready = new Uri(string.Create(CultureInfo.InvariantCulture, $"tcp://127.0.0.1:{port}")),
        };
    }
}
