//! The terms of a payment in one currency, and the refusal of every other.

use serde_json::{Value, json};

use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        outgoing::{Offer, OutgoingPayment},
    },
    mojaloop::connector::{Paused, wire::TransferAnswer},
};

/// The decision on the terms.
pub fn decision(_: &OutgoingPayment, is_agreed: bool) -> Value {
    json!({ "acceptQuote": is_agreed })
}

/// The terms that the Mojaloop Connector waits with.
pub fn read_paused(state: &TransferAnswer, payment: &OutgoingPayment) -> Paused {
    let at_conversion = state.current_state() == Some("WAITING_FOR_CONVERSION_ACCEPTANCE");
    if at_conversion || state.needs_conversion() {
        return Paused::AtRefused(PaymentError::new(
            ErrorCode::CurrencyRefused,
            "payments with a currency conversion are not made here",
        ));
    }
    match state.quoted_terms(&payment.request) {
        Ok(quoted) => Paused::AtQuote(Box::new(quoted)),
        Err(refused) => Paused::AtRefused(refused),
    }
}

/// Whether what was transferred, where it is said, is what was offered.
pub fn is_as_offered(state: &TransferAnswer, offer: &Offer) -> bool {
    state.prepared(offer.terms.transfer_amount())
}
