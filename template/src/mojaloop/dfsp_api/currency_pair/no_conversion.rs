//! The currencies of a payment's two ends, which are one.

use crate::{
    domain::{
        currency::Currency,
        error::{ErrorCode, PaymentError},
        quote::AmountType,
    },
    environment::currencies::Currencies,
};

pub struct CurrencyPair {
    pub of_amount: Currency,
}

/// Refused with 5106 unless both are the same, as amounts are not converted here.
pub fn read(
    currencies: &Currencies,
    _: AmountType,
    of_amount: &str,
    other: Option<&str>,
) -> Result<CurrencyPair, PaymentError> {
    let of_amount = currencies.accept(of_amount)?;
    if let Some(other) = other
        && currencies.accept(other)? != of_amount
    {
        return Err(PaymentError::new(
            ErrorCode::CurrencyRefused,
            "amounts are not converted from one currency to another here",
        ));
    }
    Ok(CurrencyPair { of_amount })
}
