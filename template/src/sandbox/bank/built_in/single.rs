//! The accounts that come with the connector: as the file has them.

use toml::Table;

/// The accounts of the file.
pub fn completed(accounts: Table) -> Table {
    accounts
}
