//! An outgoing payment to try: one call makes it.

use std::net::SocketAddr;

use crate::{
    domain::currency::Currency,
    sandbox::greeting::{JSON, KEY},
};

pub fn print(dfsp_api: SocketAddr, currency: Currency, payer: &str) {
    println!(
        "an outgoing payment of 20 {currency} (once: the same one again has the same answer):"
    );
    println!(
        "  curl -s -X POST http://{dfsp_api}/send-money {KEY} {JSON} \
         '{{\"homeTransactionId\":\"demo-1\",\
         \"payeeIdType\":\"MSISDN\",\"payeeId\":\"27713803912\",\"sendAmount\":\"20\",\
         \"sendCurrency\":\"{currency}\",\"transactionType\":\"TRANSFER\",\"payer\":\
         {{\"name\":\"A Customer\",\"payerId\":\"{payer}\"}}}}'"
    );
}
