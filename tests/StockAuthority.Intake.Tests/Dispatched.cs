using System.Net;
using Shouldly;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests;

/// <summary>What comes out at the authority when webhooks go through the whole process.</summary>
internal static class Dispatched
{
    /// <summary>Each is sent and answered with 200, and comes out.</summary>
    public static async Task<IReadOnlyList<PaymentEvent>> FromAsync(InboxDatabase databases, params Func<RunningIntake, Task<HttpResponseMessage>>[] posts)
    {
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), port);
        foreach (var post in posts)
        {
            using var response = await post(intake);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await intake.EventuallyCountAsync("status = 'dispatched'", posts.Length);
        return [.. authority.Calls.Requests.Select(request => request.Event)];
    }
}
