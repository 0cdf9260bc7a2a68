//! The answers that this connector was generated with. Each is the default of
//! the environment variable of the same name.

/// What the core banking system is called in logs and greetings.
pub const CBS_NAME: &str = "Savanna Core";

/// What the DFSP is called in logs and greetings.
pub const DFSP_NAME: &str = "Savanna Bank";

/// The DFSP's identifier in the scheme.
pub const FSP_ID: &str = "savannabank";

/// The DFSP's legal entity identifier; empty if it is not stated.
pub const LEI: &str = "";

/// ISO 4217. Of several currencies, the first.
pub const CURRENCY: &str = "KES";

// [if currency_mode is several]
/// All currencies that payments are made in, with commas between.
pub const CURRENCIES: &str = "KES";

// [end]
/// The country's dial code, without + or 00.
pub const DIAL_CODE: &str = "254";

/// The kinds of identifier that customers are found by, with commas between.
pub const SUPPORTED_ID_TYPE: &str = "MSISDN";
