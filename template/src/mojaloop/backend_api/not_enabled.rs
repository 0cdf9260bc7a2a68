//! The refusal of what this connector does not serve.
//!
//! Each endpoint of the official document has a handler, all the same: an empty
//! 404 would make the Mojaloop Connector send the error code "undefined", or no
//! callback at all.

use super::BackendError;
use crate::domain::error::{ErrorCode, PaymentError};

pub type NotEnabled = Result<String, BackendError>;

pub fn not_enabled(what: &str) -> NotEnabled {
    Err(BackendError(PaymentError::new(
        ErrorCode::UnsupportedTransaction,
        format!("{what} not enabled in this connector"),
    )))
}
