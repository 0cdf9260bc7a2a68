pub mod several;
pub mod single;

use toml::Table;

/// In the template, the file has the accounts of every funding model.
const OF_OTHER_MODELS: [&str; 7] = [
    "disbursement_account",
    "disbursement_balance",
    "collection_account",
    "collection_balance",
    "deposit_operation",
    "withdrawal_operation",
    "exposure_limit",
];

/// The accounts of the file.
pub fn completed(mut accounts: Table) -> Table {
    for key in OF_OTHER_MODELS {
        accounts.remove(key);
    }
    single::completed(accounts)
}
