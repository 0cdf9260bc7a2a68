//! The currency of these tests, and one that is none of the connector's.

use core_connector::environment::answers;

/// A currency that this connector has no funding in.
pub fn other_currency() -> &'static str {
    match answers::CURRENCY {
        "EUR" => "USD",
        _ => "EUR",
    }
}
