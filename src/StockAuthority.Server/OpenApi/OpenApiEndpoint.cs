using System.Text.Json;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;

namespace StockAuthority.Server.OpenApi;

/// <summary>The JSON API's description, for code generators and people: OpenAPI 3 at <c>/openapi/v1.json</c>, for everybody.</summary>
internal static class OpenApiEndpoint
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    /// <summary>Map it after the services: it describes what is mapped, and fails the start where that cannot be described.</summary>
    public static void MapOpenApi(this IEndpointRouteBuilder routes)
    {
        // The transcoded calls carry their descriptors and rules as endpoint metadata, so nothing is listed twice.
        var calls = routes.DataSources.SelectMany(source => source.Endpoints)
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()).OfType<GrpcJsonTranscodingMetadata>();
        var document = new OpenApiDocument(ContractComments.Load()).Write(calls.Select(call => (call.MethodDescriptor, call.HttpRule)));
        var bytes = JsonSerializer.SerializeToUtf8Bytes(document, Format);
        routes.MapGet("/openapi/v1.json", () => Results.Bytes(bytes, "application/json")).AllowAnonymous();
    }
}
