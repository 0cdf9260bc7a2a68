//! A payment that is not agreed to in time.

use crate::{
    domain::{
        error::PaymentError,
        outgoing::{OutgoingPayment, OutgoingState},
        timestamp::Timestamp,
    },
    journal::{Recorded, work::Work},
    mojaloop::payer::{
        Payer,
        paying::{expired, has_expired},
    },
};

/// Looks after a payment that is due. What is agreed to already is left alone.
pub async fn look_after(
    payer: &Payer,
    payment: &mut Recorded<OutgoingPayment>,
) -> Result<(), PaymentError> {
    match payment.payment.state() {
        OutgoingState::Requested => payer.look_for_auto_accept(payment, Work::none()).await,
        OutgoingState::Confirmed => {
            // The terms were asked for, and nobody has come back for them.
            let work = payment.work.clone();
            payer.look_for_auto_accept(payment, work).await?;
            if payment.work.parked.is_none() {
                payer.begin_rejecting(payment, expired()).await?;
            }
            Ok(())
        }
        // It is due when the payee had to be confirmed.
        OutgoingState::Found => payer.begin_rejecting(payment, expired()).await,
        OutgoingState::Quoted if has_expired(&payment.payment, Timestamp::now()) => {
            payer.begin_rejecting(payment, expired()).await
        }
        _ => Ok(()),
    }
}
