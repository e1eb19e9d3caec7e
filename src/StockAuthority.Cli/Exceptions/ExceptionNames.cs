using Google.Protobuf.Reflection;
using StockAuthority.Operations.V1;

namespace StockAuthority.Cli.Exceptions;

/// <summary>The contract's enums as people type and read them: paid-not-available for EXCEPTION_KIND_PAID_NOT_AVAILABLE.</summary>
internal static class ExceptionNames
{
    public static string Of(ExceptionKind kind) => Of("ExceptionKind", (int)kind);

    public static string Of(ExceptionStatus status) => Of("ExceptionStatus", (int)status);

    public static string Of(ExceptionDisposition disposition) => Of("ExceptionDisposition", (int)disposition);

    public static string Of(ExceptionAction action) => Of("ExceptionAction", (int)action);

    public static string Of(ReplayOutcome outcome) => Of("ReplayOutcome", (int)outcome);

    public static ExceptionKind Kind(string? name) => (ExceptionKind)Number("ExceptionKind", name);

    public static ExceptionStatus Status(string? name) => (ExceptionStatus)Number("ExceptionStatus", name);

    public static ExceptionDisposition Disposition(string? name) => (ExceptionDisposition)Number("ExceptionDisposition", name);

    /// <summary>All names that can be typed.</summary>
    public static string[] All(string type) => [.. Enum(type).Values.Where(value => value.Number > 0).Select(value => Name(value))];

    private static string Of(string type, int number) => Enum(type).FindValueByNumber(number) is { } value ? Name(value) : $"{number}";

    private static int Number(string type, string? name) => name is null ? 0 : Enum(type).Values.Single(value => value.Number > 0 && Name(value) == name).Number;

    private static string Name(EnumValueDescriptor value)
    {
        var prefix = value.EnumDescriptor.FindValueByNumber(0).Name[..^"UNSPECIFIED".Length];
        return value.Name[prefix.Length..].ToLowerInvariant().Replace('_', '-');
    }

    private static EnumDescriptor Enum(string type) =>
        ExceptionCaseReflection.Descriptor.EnumTypes.Concat(ExceptionServiceReflection.Descriptor.EnumTypes).Single(each => each.Name == type);
}
