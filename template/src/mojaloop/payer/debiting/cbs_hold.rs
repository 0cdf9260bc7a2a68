//! An outgoing payment in the bank's books: the payer's money is held before
//! the scheme may transfer, and captured or released after.

use crate::{
    core_banking::port::{Bookings, PayerCapture, PayerHolds},
    domain::{
        error::PaymentError,
        outgoing::{Offer, OutgoingPayment},
        party::AccountNumber,
        reference::{DebitStep, Reference},
    },
    mojaloop::steps::{self, Attempt, Outcome, Patience},
};

/// Carries out one step of a payment with the core banking system.
pub async fn carry_out<Bank>(
    bank: &Bank,
    funding: &AccountNumber,
    patience: Patience,
    payment: &OutgoingPayment,
    offer: &Offer,
    step: DebitStep,
    attempt: Attempt,
) -> Result<Outcome, PaymentError>
where
    Bank: PayerHolds + Bookings + ?Sized,
{
    let reference = &Reference::of_debit(&payment.transfer_id, step);
    let hold = &Reference::of_debit(&payment.transfer_id, DebitStep::Reserve);
    let payer = &payment.payer_account;
    let total = offer.total_of_payer()?;
    let capture = &PayerCapture {
        funding: funding.clone(),
        transfer_amount: offer.terms.transfer_amount(),
        payer_fee: offer.payer_fee,
    };
    let instruct = || async move {
        match step {
            DebitStep::Reserve => bank.hold(reference, payer, total).await,
            DebitStep::Commit => bank.capture(reference, hold, capture).await,
            DebitStep::Release => bank.release_hold(reference, hold).await,
        }
    };
    Ok(steps::carry_out(bank, patience, attempt, reference, instruct).await)
}
