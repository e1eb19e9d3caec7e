using Npgsql;

namespace StockAuthority.Server.Inventory;

/// <summary>Reads the results of a batch of statements one after the other.</summary>
internal sealed class ResultReader(NpgsqlDataReader reader, CancellationToken cancellationToken)
{
    private bool _isFirst = true;

    public async Task EachAsync(Action<NpgsqlDataReader> load)
    {
        if (!_isFirst)
        {
            await reader.NextResultAsync(cancellationToken);
        }

        _isFirst = false;
        while (await reader.ReadAsync(cancellationToken))
        {
            load(reader);
        }
    }
}
