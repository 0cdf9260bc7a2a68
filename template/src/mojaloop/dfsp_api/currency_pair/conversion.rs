//! The currencies of a payment's two ends.

use crate::{
    domain::{
        currency::Currency,
        error::{ErrorCode, PaymentError},
        quote::AmountType,
    },
    environment::currencies::Currencies,
};

pub struct CurrencyPair {
    /// That of the amount that is fixed.
    pub of_amount: Currency,
    /// That of the other end, if it was named.
    pub other: Option<Currency>,
}

/// There have to be accounts in the payer's currency. The payee's can be any:
/// whether one is converted into it is decided where the limits are known.
pub fn read(
    currencies: &Currencies,
    amount_type: AmountType,
    of_amount: &str,
    other: Option<&str>,
) -> Result<CurrencyPair, PaymentError> {
    let of_payer = |code| currencies.accept(code);
    match amount_type {
        AmountType::Send => Ok(CurrencyPair {
            of_amount: of_payer(of_amount)?,
            other: other.map(of_payee).transpose()?,
        }),
        AmountType::Receive => Ok(CurrencyPair {
            of_amount: of_payee(of_amount)?,
            other: other.map(of_payer).transpose()?,
        }),
    }
}

fn of_payee(code: &str) -> Result<Currency, PaymentError> {
    code.parse().map_err(|_| {
        PaymentError::new(
            ErrorCode::CurrencyRefused,
            "no payments are made in this currency",
        )
    })
}
