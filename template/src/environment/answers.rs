//! The answers that this connector was generated with. Each is the default of
//! the environment variable of the same name.

/// What the core banking system is called in logs and greetings.
pub const CBS_NAME: &str = "Savanna Core";

/// The DFSP's identifier in the scheme.
pub const FSP_ID: &str = "savannabank";

/// ISO 4217. Of several currencies, the first.
pub const CURRENCY: &str = "KES";

// [if currency_mode is several]
/// All currencies that payments are made in, with commas between.
pub const CURRENCIES: &str = "KES";
// [end]

/// The kinds of identifier that customers are found by, with commas between.
pub const SUPPORTED_ID_TYPE: &str = "MSISDN";
