using System.Collections.Frozen;
using System.Reflection;
using System.Text;
using System.Xml.Linq;
using Google.Protobuf.Reflection;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Server.OpenApi;

/// <summary>
/// The protos' comments, which the C# generator copies into the contracts' documentation file. It lies beside the
/// assembly; without it the document has no descriptions.
/// </summary>
internal sealed class ContractComments(FrozenDictionary<string, string> summaries)
{
    public static ContractComments Load()
    {
        var path = Path.ChangeExtension(typeof(InventoryService).Assembly.Location, ".xml");
        if (!File.Exists(path))
        {
            return new(FrozenDictionary<string, string>.Empty);
        }

        // A method is known by its name alone: its parameters are those of every call.
        return new(XDocument.Load(path).Descendants("member")
            .GroupBy(member => member.Attribute("name")!.Value.Split('(')[0], member => Text(member.Element("summary")))
            .ToFrozenDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal));
    }

    public string? Of(MethodDescriptor method)
    {
        // A service has no type of its own name in the descriptors; its generated class is in its request's namespace.
        var service = $"{method.File.GetOptions().CsharpNamespace}.{method.Service.Name}";
        return summaries.GetValueOrDefault($"M:{service}.{method.Service.Name}Base.{method.Name}");
    }

    public string? Of(MessageDescriptor message) => summaries.GetValueOrDefault($"T:{Name(message.ClrType)}");

    public string? Of(FieldDescriptor field) => summaries.GetValueOrDefault($"P:{Name(field.ContainingType.ClrType)}.{field.PropertyName}");

    /// <summary>With a line for each of its values.</summary>
    public string? Of(EnumDescriptor type)
    {
        var text = new StringBuilder(summaries.GetValueOrDefault($"T:{Name(type.ClrType)}", ""));
        foreach (var value in type.ClrType.GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            if (summaries.TryGetValue($"F:{Name(type.ClrType)}.{value.Name}", out var summary))
            {
                text.Append("\n- `").Append(value.GetCustomAttribute<OriginalNameAttribute>()?.Name).Append("`: ").Append(summary);
            }
        }

        return text.Length > 0 ? text.ToString() : null;
    }

    private static string Name(Type type) => type.FullName!.Replace('+', '.');

    private static string Text(XElement? summary) =>
        string.Join(' ', (summary?.Value ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
