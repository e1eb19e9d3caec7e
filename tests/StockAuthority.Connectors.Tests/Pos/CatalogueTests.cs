using System.Net;
using System.Text;
using Shouldly;
using StockAuthority.Connectors.Pos.Square;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.Operations.V1;
using Xunit;

namespace StockAuthority.Connectors.Tests.Pos;

public sealed class CatalogueTests : ConnectorFixture
{
    private const string Contents =
        """
        {"variations":[{"id":"V-APPLE","sku":"apple"},{"id":"V-PEAR","sku":"pear"},{"id":"V-PLUM","sku":"plum"},{"id":"V-TWIN-1","sku":"twin"},{"id":"V-TWIN-2","sku":"twin"}],
        "locations":[{"id":"L-SHOP","name":"shop"},{"id":"L-TWO","name":"two"},{"id":"L-TWO-TOO","name":"two"}]}
        """;

    [Fact]
    public async Task Levels_go_to_what_Square_s_catalog_calls_them_and_those_that_it_does_not_know_become_cases()
    {
        await PutAsync();
        Journal.Append("apple", 3);
        Journal.Append("unknown", 4);
        Journal.Append("twin", 5);
        Journal.Append("pear", 6);
        Journal.Append("plum", 7);

        await ConnectAsync("--Square:ReadCatalogue=true", "--Square:CatalogObjects:0:Sku=plum", "--Square:CatalogObjects:0:CatalogObjectId=CONFIGURED");

        await CheckpointAsync(5);
        (await Square.QuantityAsync("V-APPLE", "L-SHOP"), await Square.QuantityAsync("V-PEAR", "L-SHOP"), await Square.QuantityAsync("CONFIGURED", "L-SHOP")).ShouldBe(("3", "6", "7"));
        Feed.Desk.Cases.Select(each => (each.Kind, each.Sku, each.Reason)).Order().ShouldBe(
            [(ExceptionKind.LevelRefused, "twin", "UNKNOWN_SKU"), (ExceptionKind.LevelRefused, "unknown", "UNKNOWN_SKU")]);
    }

    [Fact]
    public async Task Square_s_names_are_read_back_as_ours_and_only_where_they_are_one()
    {
        await PutAsync();
        var catalogue = Catalogue(readsCatalogue: true);

        (await catalogue.NamesAsync("V-PEAR", "L-SHOP", CancellationToken.None)).ShouldBe(new SquareNames("pear", "shop", false));
        (await catalogue.NamesAsync("V-NONE", "L-NONE", CancellationToken.None)).ShouldBe(new SquareNames(null, null, false));
        (await catalogue.NamesAsync("CONFIGURED", "L-SHOP", CancellationToken.None)).Sku.ShouldBe("plum");
        (await catalogue.TargetsAsync([new StockKey("pear", "two")], CancellationToken.None))[0].ShouldBe(new SquareTarget("V-PEAR", null));
    }

    [Fact]
    public async Task Without_reading_an_unmapped_name_is_presumed_and_one_that_stands_for_another_is_not()
    {
        var catalogue = Catalogue(readsCatalogue: false);

        (await catalogue.NamesAsync("pear", "shop", CancellationToken.None)).ShouldBe(new SquareNames("pear", "shop", true));
        (await catalogue.NamesAsync("CONFIGURED", "shop", CancellationToken.None)).ShouldBe(new SquareNames("plum", "shop", false));
        (await catalogue.NamesAsync("plum", "shop", CancellationToken.None)).Sku.ShouldBeNull();
    }

    private SquareCatalogue Catalogue(bool readsCatalogue)
    {
        var options = new SquareOptions(
            new Uri(Square.Address), SquareHost.Token, "2025-08-20", new Dictionary<string, string>(StringComparer.Ordinal) { ["plum"] = "CONFIGURED" }, new Dictionary<string, string>(StringComparer.Ordinal))
        {
            ReadsCatalogue = readsCatalogue,
        };
        return new SquareCatalogue(new SquareReads(Square.Http, new ConnectorOptions { TenantId = "acme", Consumer = "pos" }, TimeProvider.System), options, TimeProvider.System);
    }

    private async Task PutAsync()
    {
        using var content = new StringContent(Contents, Encoding.UTF8, "application/json");
        using var response = await Square.Http.PutAsync(new Uri("/simulator/square/catalog", UriKind.Relative), content);
        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }
}
