//! An outgoing payment to try: the offer, and the agreement to it.

use std::net::SocketAddr;

use crate::{
    domain::currency::Currency,
    sandbox::greeting::{JSON, KEY},
};

pub fn print(dfsp_api: SocketAddr, currency: Currency, payer: &str) {
    println!("an outgoing payment of 20 {currency}, the offer and then the agreement to it:");
    println!(
        "  TRANSFER=$(curl -s -X POST http://{dfsp_api}/send-money {KEY} {JSON} \
         '{{\"payeeIdType\":\"MSISDN\",\"payeeId\":\"27713803912\",\"sendAmount\":\"20\",\
         \"sendCurrency\":\"{currency}\",\"transactionType\":\"TRANSFER\",\"payer\":\
         {{\"name\":\"A Customer\",\"payerId\":\"{payer}\"}}}}' | sed \
         's/.*\"transactionId\":\"\\([^\"]*\\)\".*/\\1/'); \
         curl -s -X PUT http://{dfsp_api}/send-money/$TRANSFER {KEY} {JSON} \
         '{{\"acceptQuote\":true,\"homeTransactionId\":\"demo\"}}'"
    );
}
