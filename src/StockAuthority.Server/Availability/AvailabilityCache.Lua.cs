namespace StockAuthority.Server.Availability;

internal sealed partial class AvailabilityCache
{
    /// <summary>
    /// Replaces entries by newer ones. ARGV holds, for each of KEYS, the entry, its version and its lifetime in milliseconds.
    /// One script, because reading and then writing from here would let an older level overtake a newer one in between.
    /// Whatever is no entry of ours is replaced too. Redis runs scripts one at a time; Garnet does so for scripts that share
    /// keys only when it is started with <c>--lua-transaction-mode</c>.
    /// </summary>
    private const string ReplaceOlderScript =
        """
        local replaced = 0
        for i, key in ipairs(KEYS) do
            local current = redis.call('GET', key)
            local version = current and tonumber(string.match(current, '^(%d+)|'))
            if not version or version < tonumber(ARGV[3 * i - 1]) then
                redis.call('SET', key, ARGV[3 * i - 2], 'PX', ARGV[3 * i])
                replaced = replaced + 1
            end
        end
        return replaced
        """;
}
