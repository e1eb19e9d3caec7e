using StockAuthority.Core.Payments;
using StockAuthority.Server.Exceptions;

namespace StockAuthority.Server.Inventory;

/// <summary>By what commands are decided, and what is recorded with them: the same in every lane.</summary>
internal sealed record LedgerRules(TriggerMatrices Matrices, ExceptionOptions Exceptions);
