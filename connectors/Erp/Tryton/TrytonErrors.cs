namespace StockAuthority.Connectors.Erp.Tryton;

/// <summary>Tryton says why this cannot be done (its UserError, UserWarning and access errors).</summary>
internal sealed class TrytonRefusalException(string code, string detail) : Exception(detail)
{
    public string Code => code;
}

/// <summary>Tryton answered with an error of the program: nobody can say in general whether it passes.</summary>
internal sealed class TrytonFaultException(string detail) : Exception(detail);
