mod request_to_pay;
