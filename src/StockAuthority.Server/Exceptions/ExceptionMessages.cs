using Google.Protobuf.Reflection;
using StockAuthority.Operations.V1;

namespace StockAuthority.Server.Exceptions;

/// <summary>How values of the contract are said in texts.</summary>
internal static class ExceptionMessages
{
    private const string DispositionPrefix = "EXCEPTION_DISPOSITION_";

    private static readonly EnumDescriptor Dispositions =
        ExceptionCaseReflection.Descriptor.EnumTypes.Single(each => each.ClrType == typeof(ExceptionDisposition));

    /// <summary>As in the contract, without what all of them begin with.</summary>
    public static string Name(ExceptionDisposition disposition) => Dispositions.FindValueByNumber((int)disposition).Name[DispositionPrefix.Length..];
}
