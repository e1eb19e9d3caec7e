using System.Collections.Immutable;
using StockAuthority.Core.Payments;
using StockAuthority.Server.Infrastructure;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace StockAuthority.Server.Payments;

/// <summary>Reads the trigger matrix. The server does not start with one that is incomplete or not signed off as it is.</summary>
internal static class TriggerMatrixFile
{
    private static readonly ImmutableArray<string> Signatories = ["engineering", "finance"];

    /// <exception cref="StartupException">Says everything that is wrong, and the hash that has to be signed.</exception>
    public static TriggerMatrix Load(string path)
    {
        var document = Parse(path);
        var (matrix, problems) = TriggerMatrix.Create(document.Events.Select(row => new TriggerMatrixRow(
            row.Event, row.InventoryAction, row.LedgerAction, row.Finality, row.Reversal, row.ExceptionPath, row.Owner)));
        if (matrix is null)
        {
            throw new StartupException($"The trigger matrix {path} is not complete: {string.Join(' ', problems)}");
        }

        var unsigned = Signatories
            .Where(role => !document.SignOff.TryGetValue(role, out var signature) || signature.Sha256 != matrix.Sha256 || string.IsNullOrWhiteSpace(signature.By))
            .ToImmutableArray();
        return unsigned.IsEmpty
            ? matrix
            : throw new StartupException($"The trigger matrix {path} is not signed off by {string.Join(" and ", unsigned)}: its rows have the SHA-256 {matrix.Sha256}.");
    }

    private static Document Parse(string path)
    {
        try
        {
            var deserializer = new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build();
            return deserializer.Deserialize<Document>(File.ReadAllText(path)) ?? new Document();
        }
        catch (IOException error)
        {
            throw new StartupException($"The trigger matrix {path} cannot be read: {error.Message}");
        }
        catch (YamlException error)
        {
            throw new StartupException($"The trigger matrix {path} is not valid at line {error.Start.Line}: {error.InnerException?.Message ?? error.Message}");
        }
    }

    private sealed class Document
    {
        public List<Row> Events { get; set; } = [];

        public Dictionary<string, Signature> SignOff { get; set; } = [];
    }

    private sealed class Row
    {
        public string Event { get; set; } = "";

        public InventoryAction InventoryAction { get; set; }

        public string LedgerAction { get; set; } = "";

        public string Finality { get; set; } = "";

        public string Reversal { get; set; } = "";

        public string ExceptionPath { get; set; } = "";

        public string Owner { get; set; } = "";
    }

    private sealed class Signature
    {
        public string By { get; set; } = "";

        public string At { get; set; } = "";

        public string Sha256 { get; set; } = "";
    }
}
