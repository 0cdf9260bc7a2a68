//! What both APIs have in common: how a body is read, how an error is
//! answered, who is let in, that not too much is, and that there is an answer to
//! everything.

mod admission;
mod body;
mod error_body;
mod fields;
pub mod guard;
pub mod health;
pub mod peers;
mod service;

pub use self::{
    admission::admit,
    body::{MAX_BODY_BYTES, body_settings, body_settings_up_to, path_settings, unreadable_element},
    error_body::{ErrorBody, error_response},
    fields::{
        MAX_TEXT_LENGTH, Present, malformed, optional_text, read_amount, read_text,
        read_transfer_id,
    },
    service::{answer_everything, no_such_resource, resource},
};
