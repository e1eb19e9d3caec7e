using System.IO.Compression;

namespace StockAuthority.Connectors.Marketplace.Amazon;

/// <summary>Documents of the Reports and the Feeds API, downloaded from an address of their own.</summary>
internal sealed class AmazonDocuments(HttpClient http)
{
    /// <exception cref="HttpRequestException">It cannot be had, or is larger than any of its kind.</exception>
    public async Task<byte[]> DownloadAsync(string url, string? compressionAlgorithm, int mostBytes, CancellationToken cancellationToken)
    {
        // The address is presigned: it takes no token, and a token has no business there.
        using var response = await http.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var text = compressionAlgorithm == "GZIP" ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using var buffer = new MemoryStream();
        var block = new byte[16 * 1024];
        for (int read; (read = await text.ReadAsync(block, cancellationToken)) > 0;)
        {
            if (buffer.Length + read > mostBytes)
            {
                throw new HttpRequestException("Amazon's document is larger than any of its kind.");
            }

            buffer.Write(block, 0, read);
        }

        return buffer.ToArray();
    }
}
