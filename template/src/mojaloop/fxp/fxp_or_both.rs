//! The FXP: converts one currency into another for other participants.

mod converting;
mod quoting;

use std::{sync::Arc, time::Duration};

pub use self::converting::Ordered;
use self::converting::Selling;
use crate::{
    core_banking::port::{BankError, CoreBankingSystem, Refusal},
    domain::{
        currency_conversion::CurrencyConversion,
        error::{ErrorCode, PaymentError},
    },
    journal::{Exceptions, conversions::ConversionQuotes},
    mojaloop::{
        connector::MojaloopConnector, progress::Progress, promises::Promises, tasks::Tasks,
    },
};

/// What the FXP is configured with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a quote is binding, if the rate holds as long.
    pub quote_lifetime: Duration,
    /// How long after a promise the scheme's final word may take before the hub
    /// is asked.
    pub final_word_after: Duration,
}

/// The FXP.
#[derive(Clone)]
pub struct Fxp {
    quote_lifetime: Duration,
    bank: Arc<dyn CoreBankingSystem>,
    quotes: ConversionQuotes,
    promises: Promises<CurrencyConversion, Selling>,
    tasks: Tasks,
}

/// What the FXP works with.
pub struct Collaborators {
    pub bank: Arc<dyn CoreBankingSystem>,
    pub connector: MojaloopConnector,
    pub progress: Progress<CurrencyConversion>,
    pub quotes: ConversionQuotes,
    pub exceptions: Exceptions,
    pub tasks: Tasks,
}

impl Fxp {
    pub fn new(settings: Settings, with: Collaborators) -> Self {
        let keeper = Selling {
            bank: Arc::clone(&with.bank),
            connector: with.connector,
        };
        let final_word_after = settings.final_word_after;
        Self {
            quote_lifetime: settings.quote_lifetime,
            bank: with.bank,
            quotes: with.quotes,
            promises: Promises::new(keeper, with.progress, with.exceptions, final_word_after),
            tasks: with.tasks,
        }
    }
}

/// What the scheme is told if the bank refuses a conversion. There are no codes
/// for FXPs; to the participant that asks, an FXP is the receiving end, so it
/// gets those of a payee's FSP.
pub(super) fn refused(refusal: Refusal) -> PaymentError {
    use ErrorCode as Code;
    let (code, message) = match refusal {
        Refusal::CurrencyNotSupported => (
            Code::CurrencyRefused,
            "the FXP does not convert between these currencies",
        ),
        Refusal::InsufficientFunds | Refusal::InsufficientLiquidity => {
            return not_covered().with_detail(refusal);
        }
        Refusal::LimitExceeded => (
            Code::PayeeLimit,
            "the conversion exceeds a limit of the FXP",
        ),
        Refusal::UnknownAccount
        | Refusal::AccountBlocked
        | Refusal::AccountClosed
        | Refusal::Other => (Code::PayeeRefused, "the FXP refuses this conversion"),
    };
    PaymentError::new(code, message).with_detail(refusal)
}

/// There is not enough of the target currency.
pub(super) fn not_covered() -> PaymentError {
    PaymentError::new(
        ErrorCode::PayeeLacksLiquidity,
        "the FXP cannot fund this conversion now",
    )
}

pub(super) fn about_conversion(error: &BankError) -> PaymentError {
    match error {
        BankError::Refused(refusal) => refused(*refusal),
        other => other.of_bank(),
    }
}
