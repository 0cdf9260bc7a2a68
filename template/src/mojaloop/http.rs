//! What both APIs have in common: how a body is read, how an error is
//! answered, and that there is an answer to everything.

mod body;
mod error_body;
mod health;
mod service;

pub use self::{
    body::{MAX_BODY_BYTES, Present, body_settings, path_settings},
    error_body::{ErrorBody, error_response},
    health::live,
    service::{answer_everything, no_such_resource, resource},
};
