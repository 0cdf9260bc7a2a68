//! An outgoing payment in the bank's books: the bank's own channel has reserved
//! the money, so the bank is only told what came of the transfer.

use crate::{
    core_banking::port::ReportedPayment,
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

/// Whose money can be taken is the channel's affair.
pub fn check_payer(_: &PartyIdentifier) -> Result<(), PaymentError> {
    Ok(())
}

/// The work on a payment that was just agreed to.
pub fn intended(payer: &Payer, _: &OutgoingPayment) -> Work {
    payer.progress.intended()
}

/// Every offer that does not become a transfer is reported: the channel may
/// have reserved the money before it told this connector of an agreement.
pub fn has_to_be_released(payment: &OutgoingPayment) -> bool {
    payment.offer.is_some()
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
    let reported = &ReportedPayment {
        transfer_id: payment.transfer_id.clone(),
        home_transaction_id: payment.request.home_transaction_id.clone(),
        payer: payment.payer_account.clone(),
        funding: funding.clone(),
        transfer_amount: offer.transfer_amount_of_payer(),
        payer_fee: offer.payer_fee,
    };
    Ok(match step {
        // The channel has done it.
        DebitStep::Reserve => Outcome::Done(None),
        DebitStep::Commit => {
            let report = || bank.report_transfer(reference, reported);
            steps::carry_out(bank, patience, attempt, reference, report).await
        }
        DebitStep::Release => {
            let report = || bank.report_no_transfer(reference, reported);
            steps::carry_out(bank, patience, attempt, reference, report).await
        }
    })
}
