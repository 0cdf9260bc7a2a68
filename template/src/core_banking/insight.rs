//! What the bank's own rules (funding, fees) may look into.

use std::sync::Arc;

use super::port::CoreBankingSystem;
use crate::journal::store::Store;

/// The bank's books, and the journal of payments.
#[derive(Clone)]
pub struct Insight {
    pub bank: Arc<dyn CoreBankingSystem>,
    pub journal: Arc<dyn Store>,
}
