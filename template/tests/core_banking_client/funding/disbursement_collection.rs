//! What funds payments at the bank that the client is tested against: an
//! account that pays payees, and one that collects from payers.

/// What incoming payments are paid from.
pub const PAYS_PAYEES: &str = "disbursement";

/// What outgoing payments are collected on.
pub const COLLECTS_FROM_PAYERS: &str = "collection";

/// What the bank opens with.
pub const SEED: &str = "disbursement_account = \"disbursement\"\n\
                        disbursement_balance = 1000\n\
                        collection_account = \"collection\"\n\
                        collection_balance = 1000\n";
