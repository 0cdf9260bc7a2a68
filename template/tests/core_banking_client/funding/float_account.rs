//! What funds payments at the bank that the client is tested against: a float.

/// What incoming payments are paid from.
pub const PAYS_PAYEES: &str = "float";

/// What outgoing payments are collected on.
pub const COLLECTS_FROM_PAYERS: &str = PAYS_PAYEES;

/// What the bank opens with.
pub const SEED: &str = "float_account = \"float\"\nfloat_balance = 1000\n";
