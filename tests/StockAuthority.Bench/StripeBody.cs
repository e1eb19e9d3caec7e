using System.Globalization;

namespace StockAuthority.Bench;

/// <summary>A webhook's body in Stripe's shape and of its usual size.</summary>
internal static class StripeBody
{
    /// <summary>The whole amount of a card payment was captured, for one unit.</summary>
    public static string Captured(string unique, string sku, string location, long createdSeconds) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        {
          "id": "evt_{{unique}}",
          "object": "event",
          "api_version": "2025-09-30.clover",
          "created": {{createdSeconds}},
          "data": {
            "object": {
              "id": "pi_{{unique}}",
              "object": "payment_intent",
              "amount": 1999,
              "amount_capturable": 0,
              "amount_details": { "tip": {} },
              "amount_received": 1999,
              "application": null,
              "application_fee_amount": null,
              "automatic_payment_methods": { "allow_redirects": "always", "enabled": true },
              "canceled_at": null,
              "cancellation_reason": null,
              "capture_method": "automatic_async",
              "client_secret": null,
              "confirmation_method": "automatic",
              "created": {{createdSeconds}},
              "currency": "eur",
              "customer": null,
              "description": null,
              "last_payment_error": null,
              "latest_charge": "ch_{{unique}}",
              "livemode": false,
              "metadata": {
                "order_ref": "order-{{unique}}",
                "stock_lines": "[{\"sku\":\"{{sku}}\",\"location_id\":\"{{location}}\",\"quantity\":1}]"
              },
              "next_action": null,
              "on_behalf_of": null,
              "payment_method": "pm_{{unique}}",
              "payment_method_configuration_details": { "id": "pmc_1", "parent": null },
              "payment_method_options": {
                "card": { "installments": null, "mandate_options": null, "network": null, "request_three_d_secure": "automatic" }
              },
              "payment_method_types": ["card"],
              "processing": null,
              "receipt_email": null,
              "review": null,
              "setup_future_usage": null,
              "shipping": null,
              "source": null,
              "statement_descriptor": null,
              "statement_descriptor_suffix": null,
              "status": "succeeded",
              "transfer_data": null,
              "transfer_group": null
            }
          },
          "livemode": false,
          "pending_webhooks": 1,
          "request": { "id": "req_{{unique}}", "idempotency_key": "checkout-{{unique}}" },
          "type": "payment_intent.succeeded"
        }
        """);
}
