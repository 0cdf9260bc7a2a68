//! By which resource of the outbound API a payment goes: all by one.

use serde_json::Value;

use crate::{
    domain::{outgoing::OutgoingPayment, party::Customer},
    mojaloop::connector::wire::transfer_request,
};

/// Where the first request of a payment goes, and what it says.
pub fn first_request(
    payment: &OutgoingPayment,
    payer: &Customer,
    fsp_id: &str,
) -> (&'static str, Value) {
    ("transfers", transfer_request(payment, payer, fsp_id))
}

/// Where the Mojaloop Connector is told to go on, or not to.
pub fn of_going_on(payment: &OutgoingPayment) -> [&str; 2] {
    ["transfers", payment.transfer_id.as_str()]
}
