//! Final words are read leniently: one that is refused is never heard. What is
//! not read may have any shape, and only a word that is said twice is refused,
//! since it is not for this connector to choose between the two.

use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};

use crate::{domain::error::PaymentError, mojaloop::http::malformed};

/// Reads an object; anything else counts as nothing.
pub fn read_object<T: DeserializeOwned>(text: &RawValue) -> Result<Option<T>, PaymentError> {
    if !text.get().starts_with('{') {
        return Ok(None);
    }
    serde_json::from_str(text.get())
        .map(Some)
        .map_err(|_| malformed("an element of the notification comes twice"))
}

/// Reads a text; anything else counts as nothing.
pub fn read_word(text: Option<&RawValue>) -> Option<String> {
    match serde_json::from_str(text?.get()) {
        Ok(Value::String(word)) => Some(word),
        _ => None,
    }
}
