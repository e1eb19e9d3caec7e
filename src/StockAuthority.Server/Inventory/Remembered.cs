using System.Diagnostics.CodeAnalysis;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// A bounded dictionary that forgets what was not used for longest, roughly: it keeps two generations, and when the younger
/// one is full the older one goes. Not for several threads at once.
/// </summary>
internal sealed class Remembered<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private Dictionary<TKey, TValue> _young = [];
    private Dictionary<TKey, TValue> _old = [];

    public void Put(TKey key, TValue value)
    {
        if (_young.Count >= capacity / 2 && !_young.ContainsKey(key))
        {
            (_old, _young) = (_young, _old);
            _young.Clear();
        }

        _young[key] = value;
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_young.TryGetValue(key, out value))
        {
            return true;
        }

        if (!_old.TryGetValue(key, out value))
        {
            return false;
        }

        Put(key, value);
        return true;
    }

    public void Clear()
    {
        _young.Clear();
        _old.Clear();
    }
}
