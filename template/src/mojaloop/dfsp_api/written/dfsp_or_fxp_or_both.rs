//! The document as it is written in this repository.

use crate::mojaloop::{dfsp_api::document, openapi::yaml};

pub fn text() -> String {
    yaml::document(&document())
}
