using Microsoft.Extensions.Options;

namespace StockAuthority.Server.Exceptions;

internal static class ExceptionServices
{
    public static IServiceCollection AddExceptions(this IServiceCollection services)
    {
        services.AddOptions<ExceptionOptions>().BindConfiguration("Exceptions").ValidateOnStart();
        services.AddSingleton<IValidateOptions<ExceptionOptions>, Validation>();
        services.AddSingleton<KeyedChanges>();
        services.AddSingleton<ExceptionChanges>();
        services.AddSingleton<ExceptionReports>();
        services.AddSingleton<ExceptionReplays>();
        services.AddHostedService<ExceptionCounts>();
        services.AddHostedService<ExceptionSweep>();
        return services;
    }

    private sealed class Validation : IValidateOptions<ExceptionOptions>
    {
        public ValidateOptionsResult Validate(string? name, ExceptionOptions options)
        {
            List<string> wrong =
            [
                .. options.Deadlines.Where(each => !Enum.IsDefined(each.Key)).Select(each => $"Exceptions:Deadlines: {each.Key} is no kind of exception."),
                .. options.Deadlines.Where(each => each.Value < ExceptionOptions.ShortestDeadline || each.Value > ExceptionOptions.LongestDeadline)
                    .Select(each => $"Exceptions:Deadlines:{each.Key} is {each.Value:c}; it can be 1 minute to 90 days."),
            ];
            if (options.SweepInterval < TimeSpan.FromMilliseconds(100) || options.SweepInterval > TimeSpan.FromHours(1))
            {
                wrong.Add($"Exceptions:SweepInterval is {options.SweepInterval:c}; it can be 0.1 seconds to 1 hour.");
            }

            return wrong.Count > 0 ? ValidateOptionsResult.Fail(wrong) : ValidateOptionsResult.Success;
        }
    }
}
