//! Reading the fields that both APIs have.

use crate::{
    domain::{
        amount::Amount,
        currency::Currency,
        error::{ErrorCode, PaymentError},
        transfer_id::TransferId,
    },
    mojaloop::extensions::MAX_EXTENSION_LENGTH,
};

/// No text is longer than what Mojaloop takes as the value of an extension.
pub const MAX_TEXT_LENGTH: usize = MAX_EXTENSION_LENGTH;

/// An element that has to be there.
pub trait Present<T> {
    fn present(self, element: &str) -> Result<T, PaymentError>;
}

impl<T> Present<T> for Option<T> {
    fn present(self, element: &str) -> Result<T, PaymentError> {
        self.ok_or_else(|| missing(element))
    }
}

pub fn missing(element: &str) -> PaymentError {
    PaymentError::new(
        ErrorCode::MissingElement,
        format!("the element {element} is missing"),
    )
}

pub fn malformed(message: impl AsRef<str>) -> PaymentError {
    PaymentError::new(ErrorCode::MalformedSyntax, message)
}

/// A short text that is only kept, or passed on.
pub fn read_text(text: String, element: &str) -> Result<String, PaymentError> {
    let length = text.chars().count();
    if length == 0 || length > MAX_TEXT_LENGTH || text.chars().any(char::is_control) {
        return Err(malformed(format!(
            "{element} has 1 to {MAX_TEXT_LENGTH} characters"
        )));
    }
    Ok(text)
}

/// A short text that may be missing.
pub fn optional_text(text: Option<String>, element: &str) -> Result<Option<String>, PaymentError> {
    text.map(|text| read_text(text, element)).transpose()
}

/// The amount of a payment: never nothing.
pub fn read_amount(text: &str, currency: Currency) -> Result<Amount, PaymentError> {
    let amount = Amount::parse(text, currency)?;
    if amount.is_zero() {
        return Err(malformed("the amount of a payment is more than zero"));
    }
    Ok(amount)
}

pub fn read_transfer_id(text: String, element: &str) -> Result<TransferId, PaymentError> {
    TransferId::try_from(text).map_err(|error| malformed(format!("{element}: {error}")))
}
