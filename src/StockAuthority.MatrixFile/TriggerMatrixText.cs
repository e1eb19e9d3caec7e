using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using StockAuthority.Core.Payments;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace StockAuthority.MatrixFile;

/// <summary>A trigger matrix file: what it says, what is wrong with it and who signed it.</summary>
/// <param name="Matrices">Null where anything is wrong.</param>
/// <param name="Problems">Everything that is wrong, but for signatures.</param>
public sealed record TriggerMatrixText(
    string Text,
    TriggerMatrices? Matrices,
    ImmutableArray<string> Problems,
    ImmutableDictionary<SignatoryRole, Signature> SignOff)
{
    /// <summary>Far above any matrix; a file over it is another kind of file.</summary>
    private const int MaximumLength = 4 * 1024 * 1024;

    private static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Why the server would not start with it although its rows are good: one sentence each, with the cure.</summary>
    public ImmutableArray<string> SignatureProblems => Matrices is null ? [] :
    [
        .. Enum.GetValues<SignatoryRole>().Select(role => SignatureProblem(role, Matrices.Sha256)).OfType<string>(),
        .. SignOff.Count == 2 && SignOff.Values.Select(each => each.By.Trim()).Distinct(StringComparer.OrdinalIgnoreCase).Count() == 1
            ? (ImmutableArray<string>)[$"Engineering and finance were both signed by '{SignOff[SignatoryRole.Finance].By}': each needs a person of its own."]
            : [],
    ];

    /// <exception cref="MatrixFileException">It cannot be read at all.</exception>
    public static TriggerMatrixText Read(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: > MaximumLength }
                ? throw new MatrixFileException($"The trigger matrix {path} cannot be read: it is larger than 4 MiB.")
                : Parse(File.ReadAllText(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MatrixFileException($"The trigger matrix {path} cannot be read: {error.Message}");
        }
    }

    public static TriggerMatrixText Parse(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException error)
        {
            var line = error.Start.Line.ToString(CultureInfo.InvariantCulture);
            return Bad($"Line {line}: this is no YAML: {(error.InnerException?.Message ?? error.Message).TrimEnd('.')}.");
        }

        if (stream.Documents is not [{ RootNode: { } root }])
        {
            return Bad("The file must hold one YAML document.");
        }

        var (matrices, problems, signOff) = new MatrixReading().Read(root);
        return new TriggerMatrixText(text, matrices, problems, signOff);

        TriggerMatrixText Bad(string problem) => new(text, null, [problem], ImmutableDictionary<SignatoryRole, Signature>.Empty);
    }

    /// <summary>The file with one role's signature of it as it is; everything else stays as it was written.</summary>
    public TriggerMatrixText Signed(SignatoryRole role, string by, DateTimeOffset at)
    {
        var matrices = Matrices ?? throw new InvalidOperationException("What is not good cannot be signed.");
        var signatures = SignOff.SetItem(role, new Signature(by, at, matrices.Sha256));
        var block = new StringBuilder("sign_off:\n");
        foreach (var (each, signature) in signatures.OrderBy(each => each.Key))
        {
            block.Append(CultureInfo.InvariantCulture, $"  {Name(each)}:\n");
            block.Append(CultureInfo.InvariantCulture, $"    by: {JsonSerializer.Serialize(signature.By, Quoting)}\n");
            block.Append(CultureInfo.InvariantCulture, $"    at: \"{signature.At.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}\"\n");
            block.Append(CultureInfo.InvariantCulture, $"    sha256: \"{signature.Sha256}\"\n");
        }

        return Parse(WithoutSignOff(out var place).Insert(place, block.ToString()));
    }

    /// <summary>A role as the file names it.</summary>
    public static string Name(SignatoryRole role) => role == SignatoryRole.Engineering ? "engineering" : "finance";

    private string? SignatureProblem(SignatoryRole role, string sha256)
    {
        var cure = $"After a look at it, sign with: stockctl matrix sign FILE --role {Name(role)} --by NAME.";
        return !SignOff.TryGetValue(role, out var signature) ? $"{role} has not signed it. Its SHA-256 is {sha256}. {cure}"
            : signature.Sha256 != sha256 ? $"{role} ({signature.By}) signed another version, {signature.Sha256}; it is {sha256} now. {cure}"
            : null;
    }

    /// <summary>The text without the lines of its sign_off, and where they were; at the end where there were none.</summary>
    private string WithoutSignOff(out int place)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Text));
        var root = (YamlMappingNode)stream.Documents[0].RootNode;
        var lines = Text.Split('\n').ToList();
        var (key, value) = root.Children.FirstOrDefault(each => each.Key is YamlScalarNode { Value: "sign_off" });
        if (key is null)
        {
            var text = Text.Length == 0 || Text.EndsWith('\n') ? Text : Text + "\n";
            place = text.Length;
            return text;
        }

        var first = (int)key.Start.Line - 1;
        var last = (int)value.AllNodes.OfType<YamlScalarNode>().Select(each => each.End.Line).Append(key.End.Line).Max() - 1;
        lines.RemoveRange(first, last - first + 1);
        place = lines.Take(first).Sum(line => line.Length + 1);
        var rest = string.Join('\n', lines);
        if (place > rest.Length)
        {
            rest += "\n";
        }

        return rest;
    }
}
