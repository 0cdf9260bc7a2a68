//! What the official documents say, what the connector does, and where the two
//! differ on purpose.

pub mod amended;
pub mod differences;
pub mod document;
pub mod endpoints;
pub mod page;
pub mod plausible;
pub mod verdict;

use anyhow::Result;

use crate::{generated::Snapshot, workshop::Workshop};

/// The connector that is judged: both roles, all use cases.
pub fn connector(snapshot: &Snapshot) -> Result<Workshop> {
    Workshop::open(
        snapshot,
        "harbour-contract",
        &[
            ("cbs_name", "Harbour Core"),
            ("fsp_id", "harbourbank"),
            ("currency", "GMD"),
            ("id_types", "MSISDN,ACCOUNT_ID"),
            ("role", "both"),
        ],
    )
}
