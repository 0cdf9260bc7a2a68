//! What a core banking system says when it does not do what it was asked.

use crate::{
    domain::error::{ErrorCode, PaymentError},
    journal::work::InVain,
    remote::NotSent,
};

/// Why the core banking system did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BankError {
    /// It said no, for a reason of the business, and has not acted.
    #[error("the core banking system refused: {0}")]
    Refused(Refusal),
    /// It was certainly not reached, so it has not acted.
    #[error("the core banking system cannot be reached: {0}")]
    Unreachable(String),
    /// It answered that it failed. It may have acted, but no longer does.
    #[error("the core banking system failed: {0}")]
    Failed(String),
    /// It did not answer in time, or the connection broke. It may have acted,
    /// or may still.
    #[error("the core banking system did not answer: {0}")]
    NoAnswer(String),
    /// The connector did not ask it, so it has not acted. Not for a client to
    /// say: it is the connector that lets a bank alone which is away.
    #[error("the core banking system was not asked: {0}")]
    NotAsked(NotSent),
}

/// A reason of the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such account")]
    UnknownAccount,
    #[error("the account is blocked")]
    AccountBlocked,
    #[error("the account is closed")]
    AccountClosed,
    #[error("the account is not in this currency")]
    CurrencyNotSupported,
    #[error("the account does not have the funds")]
    InsufficientFunds,
    #[error("the funding account does not have the funds")]
    InsufficientLiquidity,
    #[error("a limit of the account would be exceeded")]
    LimitExceeded,
    /// The bank's reason has no counterpart here.
    #[error("the bank refused")]
    Other,
}

impl Refusal {
    /// What the scheme is told when the account of a payee is concerned.
    pub fn of_payee(self) -> PaymentError {
        use ErrorCode as Code;
        let (code, message) = match self {
            Self::UnknownAccount | Self::AccountClosed => {
                (Code::PartyNotFound, "the payee has no account here")
            }
            Self::AccountBlocked => (Code::AccountBlocked, "the payee's account is blocked"),
            Self::CurrencyNotSupported => (
                Code::CurrencyRefused,
                "the payee's account is not in this currency",
            ),
            Self::InsufficientLiquidity => (
                Code::PayeeLacksLiquidity,
                "the payee's FSP cannot fund this payment now",
            ),
            Self::LimitExceeded => (
                Code::PayeeLimit,
                "the payment exceeds a limit of the payee's account",
            ),
            Self::InsufficientFunds | Self::Other => {
                (Code::PayeeRefused, "the payee's FSP refuses this payment")
            }
        };
        PaymentError::new(code, message).with_detail(self)
    }

    /// What the DFSP's channel is told when the account of a payer is concerned.
    pub fn of_payer(self) -> PaymentError {
        use ErrorCode as Code;
        let (code, message) = match self {
            Self::UnknownAccount | Self::AccountClosed => {
                (Code::PartyNotFound, "the payer has no account here")
            }
            Self::AccountBlocked => (Code::AccountBlocked, "the payer's account is blocked"),
            Self::CurrencyNotSupported => (
                Code::CurrencyRefused,
                "the payer's account is not in this currency",
            ),
            Self::InsufficientFunds | Self::InsufficientLiquidity => (
                Code::PayerLacksFunds,
                "the payer's account does not have the funds",
            ),
            Self::LimitExceeded => (
                Code::PayerLimit,
                "the payment exceeds a limit of the payer's account",
            ),
            Self::Other => (
                Code::PayerRejected,
                "the payment is refused on the payer's side",
            ),
        };
        PaymentError::new(code, message).with_detail(self)
    }
}

impl BankError {
    /// Whether it speaks of a bank that is away. A bank that says no is there.
    pub fn is_away(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::Failed(_) | Self::NoAnswer(_)
        )
    }

    /// What the scheme is told when a question about a payee was not answered.
    pub fn about_payee(&self) -> PaymentError {
        match self {
            Self::Refused(refusal) => refusal.of_payee(),
            other => other.of_bank(),
        }
    }

    /// What the DFSP's channel is told when a question about a payer was not
    /// answered.
    pub fn about_payer(&self) -> PaymentError {
        match self {
            Self::Refused(refusal) => refusal.of_payer(),
            other => other.of_bank(),
        }
    }

    /// Why nothing has come of an attempt.
    pub fn in_vain(&self) -> InVain {
        match self {
            Self::NotAsked(_) => InVain::NotTried(self.to_string()),
            _ => InVain::Tried(self.to_string()),
        }
    }

    /// What a caller is told whatever the question was about.
    pub fn of_bank(&self) -> PaymentError {
        let (code, message) = match self {
            Self::Refused(_) => (
                ErrorCode::Internal,
                "the core banking system refuses a question of the connector",
            ),
            Self::Unreachable(_) | Self::Failed(_) | Self::NotAsked(_) => (
                ErrorCode::ServiceUnavailable,
                "the core banking system cannot be used now",
            ),
            Self::NoAnswer(_) => (
                ErrorCode::Timeout,
                "the core banking system did not answer in time",
            ),
        };
        PaymentError::new(code, message).with_detail(self)
    }
}
