//! An outgoing payment to try: the payee, the terms, and the agreement to them.

use std::net::SocketAddr;

use crate::{
    domain::currency::Currency,
    sandbox::greeting::{JSON, KEY},
};

pub fn print(dfsp_api: SocketAddr, currency: Currency, payer: &str) {
    println!(
        "an outgoing payment of 20 {currency}: the payee, then the terms, then the agreement to them:"
    );
    println!(
        "  TRANSFER=$(curl -s -X POST http://{dfsp_api}/send-money {KEY} {JSON} \
         '{{\"payeeIdType\":\"MSISDN\",\"payeeId\":\"27713803912\",\"sendAmount\":\"20\",\
         \"sendCurrency\":\"{currency}\",\"transactionType\":\"TRANSFER\",\"payer\":\
         {{\"name\":\"A Customer\",\"payerId\":\"{payer}\"}}}}' | tee /dev/stderr | sed \
         's/.*\"transactionId\":\"\\([^\"]*\\)\".*/\\1/'); \
         curl -s -X PUT http://{dfsp_api}/send-money/$TRANSFER {KEY} {JSON} \
         '{{\"acceptParty\":true}}'; \
         curl -s -X PUT http://{dfsp_api}/send-money/$TRANSFER {KEY} {JSON} \
         '{{\"acceptQuote\":true}}'"
    );
}
