//! An outgoing payment in the bank's books: the payer's money is held before
//! the scheme may transfer, and captured or released after.

use crate::{
    core_banking::port::PayerCapture,
    domain::{
        error::PaymentError,
        identifier::PartyIdentifier,
        outgoing::{Offer, OutgoingPayment},
        party::AccountNumber,
        reference::{DebitStep, Reference},
    },
    journal::work::Work,
    mojaloop::{
        payer::Payer,
        steps::{self, Attempt, Outcome},
    },
};

/// Every customer's money can be held.
pub fn check_payer(_: &PartyIdentifier) -> Result<(), PaymentError> {
    Ok(())
}

/// The work on a reservation that is about to begin.
pub fn intended(payer: &Payer, _: &OutgoingPayment) -> Work {
    payer.progress.intended()
}

/// Whether the bank has to be told that there is no transfer.
pub fn has_to_be_released(payment: &OutgoingPayment) -> bool {
    payment.reservation.is_some()
}

/// Carries out one step of a payment with the core banking system.
pub async fn carry_out(
    payer: &Payer,
    funding: &AccountNumber,
    payment: &OutgoingPayment,
    offer: &Offer,
    step: DebitStep,
    attempt: Attempt,
) -> Result<Outcome, PaymentError> {
    let bank = &*payer.bank;
    let patience = payer.progress.patience();
    let reference = &Reference::of_debit(&payment.transfer_id, step);
    if let (DebitStep::Reserve, Some(_), Attempt::Again { since, .. }) =
        (step, &payment.failure, attempt)
    {
        // What the payer does not want any more is not held any more.
        return Ok(steps::find_out_only(bank, patience, since, reference).await);
    }
    let hold = &Reference::of_debit(&payment.transfer_id, DebitStep::Reserve);
    let account = &payment.payer_account;
    let total = offer.total_of_payer()?;
    let capture = &PayerCapture {
        funding: funding.clone(),
        transfer_amount: offer.transfer_amount_of_payer(),
        payer_fee: offer.payer_fee,
    };
    let instruct = || async move {
        match step {
            DebitStep::Reserve => bank.hold(reference, account, total).await,
            DebitStep::Commit => bank.capture(reference, hold, capture).await,
            DebitStep::Release => bank.release_hold(reference, hold).await,
        }
    };
    Ok(steps::carry_out(bank, patience, attempt, reference, instruct).await)
}
