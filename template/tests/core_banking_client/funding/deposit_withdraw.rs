//! What funds payments at the bank that the client is tested against: an
//! operation that pays payees, and one that collects from payers.

/// What incoming payments are paid by.
pub const PAYS_PAYEES: &str = "deposit";

/// What outgoing payments are collected by.
pub const COLLECTS_FROM_PAYERS: &str = "withdrawal";

/// What the bank opens with.
pub const SEED: &str = "deposit_operation = \"deposit\"\n\
                        withdrawal_operation = \"withdrawal\"\n\
                        clearing_balance = 1000\n\
                        exposure_limit = 100000\n";
