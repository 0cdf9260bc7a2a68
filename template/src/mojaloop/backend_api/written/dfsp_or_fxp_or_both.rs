//! The document as it is written in this repository.

use crate::mojaloop::{backend_api::document, openapi::yaml};

pub fn text() -> String {
    yaml::document(&document())
}
