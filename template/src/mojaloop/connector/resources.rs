#![allow(dead_code, reason = "a connector gets one of these")]

pub mod no_request_to_pay;
pub mod request_to_pay;

pub use self::request_to_pay::*;
