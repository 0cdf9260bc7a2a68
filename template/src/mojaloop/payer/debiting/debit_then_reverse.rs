//! An outgoing payment in the bank's books: the payer is debited before the
//! scheme may transfer, and gets the money back if there is no transfer.

use crate::{
    core_banking::port::PayerDebit,
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

/// Every customer can be debited.
pub fn check_payer(_: &PartyIdentifier) -> Result<(), PaymentError> {
    Ok(())
}

/// The work on a debit that is about to begin.
pub fn intended(payer: &Payer, _: &OutgoingPayment) -> Work {
    payer.progress.intended()
}

/// Whether there is a debit to reverse.
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
    match step {
        DebitStep::Reserve => {
            if let (Some(_), Attempt::Again { since, .. }) = (&payment.failure, attempt) {
                // What the payer does not want any more is not debited any more.
                return Ok(steps::find_out_only(bank, patience, since, reference).await);
            }
            let debit = &PayerDebit {
                payer: payment.payer_account.clone(),
                funding: funding.clone(),
                transfer_amount: offer.transfer_amount_of_payer(),
                payer_fee: offer.payer_fee,
            };
            let instruct = || bank.debit(reference, debit);
            Ok(steps::carry_out(bank, patience, attempt, reference, instruct).await)
        }
        // The payer has paid already.
        DebitStep::Commit => Ok(Outcome::Done(None)),
        DebitStep::Release => {
            let debit = &Reference::of_debit(&payment.transfer_id, DebitStep::Reserve);
            let instruct = || bank.reverse_debit(reference, debit);
            Ok(steps::carry_out(bank, patience, attempt, reference, instruct).await)
        }
    }
}
