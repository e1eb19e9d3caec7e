using GraphQLParser.AST;

namespace StockAuthority.Connectors.Simulators.Shopify;

/// <summary>A value of an object type: what can be selected of it.</summary>
internal sealed record GraphQLObject(string TypeName, IReadOnlyDictionary<string, Func<GraphQLField, object?>> Fields);
