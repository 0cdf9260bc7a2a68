//! What went wrong with a payment, for whom, and what to do.
//!
//! An error has two messages. `message` is for outsiders: it becomes the
//! `errorDescription` that the scheme sees, so it names no customer, no
//! account and nothing that the core banking system said. `detail` is for the
//! operator's log; it holds no personal data and no secret either.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::amount::AmountError;

/// FSPIOP allows no longer `errorDescription`.
const MAX_MESSAGE_LENGTH: usize = 128;

/// The error codes of the FSPIOP specification that this connector uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorCode {
    /// Something failed inside this connector.
    Internal,
    /// The core banking system or the Mojaloop Connector cannot be used now.
    ServiceUnavailable,
    /// The core banking system or the Mojaloop Connector did not answer in time.
    Timeout,
    /// The request asks for something that is not supported, such as an identifier type.
    Unsupported,
    MalformedSyntax,
    MissingElement,
    /// A known identifier came again with other content.
    ModifiedRequest,
    PartyNotFound,
    QuoteNotFound,
    TransactionRequestNotFound,
    TransferNotFound,
    TransactionRequestExpired,
    QuoteExpired,
    TransferExpired,
    PayerLacksFunds,
    PayerRejected,
    PayerLimit,
    /// The payee side ended without a commit, for a reason of its own.
    PayeeError,
    /// The funding does not cover an incoming payment.
    PayeeLacksLiquidity,
    PayeeRefused,
    QuoteRefused,
    CurrencyRefused,
    UnsupportedTransaction,
    PayeeLimit,
    AccountBlocked,
}

impl ErrorCode {
    const ALL: [Self; 25] = [
        Self::Internal,
        Self::ServiceUnavailable,
        Self::Timeout,
        Self::Unsupported,
        Self::MalformedSyntax,
        Self::MissingElement,
        Self::ModifiedRequest,
        Self::PartyNotFound,
        Self::QuoteNotFound,
        Self::TransactionRequestNotFound,
        Self::TransferNotFound,
        Self::TransactionRequestExpired,
        Self::QuoteExpired,
        Self::TransferExpired,
        Self::PayerLacksFunds,
        Self::PayerRejected,
        Self::PayerLimit,
        Self::PayeeError,
        Self::PayeeLacksLiquidity,
        Self::PayeeRefused,
        Self::QuoteRefused,
        Self::CurrencyRefused,
        Self::UnsupportedTransaction,
        Self::PayeeLimit,
        Self::AccountBlocked,
    ];

    /// The four digits of the FSPIOP specification.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "2001",
            Self::ServiceUnavailable => "2003",
            Self::Timeout => "2005",
            Self::Unsupported => "3100",
            Self::MalformedSyntax => "3101",
            Self::MissingElement => "3102",
            Self::ModifiedRequest => "3106",
            Self::PartyNotFound => "3204",
            Self::QuoteNotFound => "3205",
            Self::TransactionRequestNotFound => "3206",
            Self::TransferNotFound => "3208",
            Self::TransactionRequestExpired => "3301",
            Self::QuoteExpired => "3302",
            Self::TransferExpired => "3303",
            Self::PayerLacksFunds => "4001",
            Self::PayerRejected => "4101",
            Self::PayerLimit => "4200",
            Self::PayeeError => "5000",
            Self::PayeeLacksLiquidity => "5001",
            Self::PayeeRefused => "5100",
            Self::QuoteRefused => "5101",
            Self::CurrencyRefused => "5106",
            Self::UnsupportedTransaction => "5107",
            Self::PayeeLimit => "5200",
            Self::AccountBlocked => "5400",
        }
    }

    /// The code of these four digits, if this connector uses it.
    pub fn from_digits(digits: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == digits)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A payment, or a request about one, that could not be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code} {message}")]
pub struct PaymentError {
    pub code: ErrorCode,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl PaymentError {
    /// `message` is for outsiders: printable ASCII, at most 128 characters.
    /// What does not fit is cut, what does not print becomes a question mark.
    pub fn new(code: ErrorCode, message: impl AsRef<str>) -> Self {
        let message = message
            .as_ref()
            .chars()
            .take(MAX_MESSAGE_LENGTH)
            .map(|character| match character {
                ' '..='~' => character,
                _ => '?',
            })
            .collect();
        Self {
            code,
            message,
            detail: None,
        }
    }

    /// Adds what the operator should know and an outsider should not.
    #[must_use]
    pub fn with_detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// The message for outsiders.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the log says beyond the message, if there is more to say.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Whether the same request may succeed later, unchanged.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.code,
            ErrorCode::Internal | ErrorCode::ServiceUnavailable | ErrorCode::Timeout
        )
    }
}

impl From<AmountError> for PaymentError {
    fn from(error: AmountError) -> Self {
        Self::new(ErrorCode::MalformedSyntax, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_four_digits_and_read_back_as_itself() {
        for code in ErrorCode::ALL {
            assert_eq!(code.as_str().len(), 4);
            assert_eq!(ErrorCode::from_digits(code.as_str()), Some(code));
        }
    }

    #[test]
    fn a_message_fits_the_scheme_whatever_it_was_made_from() {
        let error = PaymentError::new(ErrorCode::Internal, "é\n".repeat(200));
        assert_eq!(error.message().len(), MAX_MESSAGE_LENGTH);
        assert!(error.message().bytes().all(|byte| byte == b'?'));
    }
}
