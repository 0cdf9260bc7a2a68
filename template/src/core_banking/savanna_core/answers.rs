//! What the bank's answers mean.

use reqwest::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};

use crate::core_banking::port::{BankError, Refusal};

/// Replace (recovery): the left-hand side, by the bank's own words.
///
/// A reason that is not here is a refusal all the same.
pub fn refusal(reason: &str) -> Refusal {
    match reason {
        "unknown_account" => Refusal::UnknownAccount,
        "account_blocked" => Refusal::AccountBlocked,
        "account_closed" => Refusal::AccountClosed,
        "currency_not_supported" => Refusal::CurrencyNotSupported,
        "insufficient_funds" => Refusal::InsufficientFunds,
        "insufficient_liquidity" => Refusal::InsufficientLiquidity,
        "limit_exceeded" => Refusal::LimitExceeded,
        _ => Refusal::Other,
    }
}

/// Replace (recovery): what an HTTP status that is neither a success nor a
/// refusal says.
///
/// A bank that says itself that it failed has stopped working on the
/// instruction. Whether yours says so, and how, is in its documentation. What
/// a gateway says (502, 503, 504, or 500 in other words) proves nothing: the
/// bank may still be at work behind it.
pub fn failure(status: StatusCode, body: &[u8]) -> BankError {
    let stopped = said_by_the_bank(body, "internal_error");
    if status == StatusCode::INTERNAL_SERVER_ERROR && stopped {
        BankError::Failed(format!("HTTP {status}"))
    } else {
        BankError::NoAnswer(format!("HTTP {status}"))
    }
}

/// A negative answer in the bank's own words. A gateway does not know them.
#[derive(Deserialize)]
pub struct BankAnswer {
    pub reason: String,
}

/// Whether the answer gives this reason, which is a word of the bank's own.
pub fn said_by_the_bank(body: &[u8], reason: &str) -> bool {
    parsed::<BankAnswer>(body).is_ok_and(|answer| answer.reason == reason)
}

/// The bank's words stay out of the error: they may hold personal data.
pub fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, BankError> {
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        BankError::NoAnswer(format!(
            "the answer is not understood (line {line}, column {column})"
        ))
    })
}
