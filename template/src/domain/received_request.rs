pub mod request_to_pay;

pub use self::request_to_pay::*;
