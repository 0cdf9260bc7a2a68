pub mod request_to_pay;
