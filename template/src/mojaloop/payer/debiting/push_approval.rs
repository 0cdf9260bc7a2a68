//! An outgoing payment in the bank's books: the customer approves it on the
//! telephone before the scheme may transfer, has paid by that, and gets the
//! money back if there is no transfer.

mod approvals;

use std::time::Duration;

pub use self::approvals::{ApprovalSettings, Approvals};
use crate::{
    core_banking::port::{Approval, ApprovalRequest, BankError, Refusal},
    domain::{
        error::{ErrorCode, PaymentError},
        identifier::{IdType, PartyIdentifier},
        outgoing::{Offer, OutgoingPayment},
        party::AccountNumber,
        reference::{DebitStep, Reference},
        timestamp::Timestamp,
    },
    journal::work::Work,
    mojaloop::{
        payer::Payer,
        steps::{self, Attempt, Outcome},
    },
};

/// Only a telephone can be asked.
pub fn check_payer(payer: &PartyIdentifier) -> Result<(), PaymentError> {
    if payer.id_type() == IdType::Msisdn {
        return Ok(());
    }
    Err(PaymentError::new(
        ErrorCode::Unsupported,
        "the payer has to be identified by an MSISDN: the approval is asked for there",
    ))
}

/// The work on a request that is about to be made. Whoever makes it waits for
/// the customer, so nobody else has to look at it before that has an end.
pub fn intended(payer: &Payer, payment: &OutgoingPayment) -> Work {
    let latest = Timestamp::now().after(payer.approvals.wait());
    let expires_at = payment.offer.as_ref().map(|offer| offer.expires_at);
    Work::due(expires_at.map_or(latest, |expires_at| expires_at.min(latest)))
}

/// Whether there is money to give back.
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
    Ok(match step {
        DebitStep::Reserve => ask_the_customer(payer, funding, payment, offer, attempt).await,
        // The money was taken when the customer approved.
        DebitStep::Commit => Outcome::Done(None),
        DebitStep::Release => {
            let bank = &*payer.bank;
            let patience = payer.progress.patience();
            let reference = &Reference::of_debit(&payment.transfer_id, step);
            let request = &Reference::of_debit(&payment.transfer_id, DebitStep::Reserve);
            let refund = || bank.refund(reference, request);
            steps::carry_out(bank, patience, attempt, reference, refund).await
        }
    })
}

/// Asks, and waits for the answer until it would come too late.
async fn ask_the_customer(
    payer: &Payer,
    funding: &AccountNumber,
    payment: &OutgoingPayment,
    offer: &Offer,
    attempt: Attempt,
) -> Outcome {
    let bank = &*payer.bank;
    let patience = payer.progress.patience();
    let reference = &Reference::of_debit(&payment.transfer_id, DebitStep::Reserve);
    let until = deadline(payment, offer, payer.approvals.wait());
    let request = &ApprovalRequest {
        phone: payment.request.payer.clone(),
        payer: payment.payer_account.clone(),
        funding: funding.clone(),
        transfer_amount: offer.transfer_amount_of_payer(),
        payer_fee: offer.payer_fee,
        expires_at: until,
    };
    // Before the request, so that no callback comes too early.
    let callbacks = payer.approvals.listen(reference);
    let asked = match attempt {
        Attempt::Again { since, .. } if until <= Timestamp::now() => {
            // Nobody is asked for what would come too late.
            steps::find_out_only(bank, patience, since, reference).await
        }
        _ => {
            let ask = || bank.request_approval(reference, request);
            steps::carry_out(bank, patience, attempt, reference, ask).await
        }
    };
    let Outcome::Done(_) = asked else {
        return asked;
    };
    loop {
        match bank.find_approval(reference).await {
            Ok(Some(Approval::Pending)) => {}
            Ok(Some(answer)) => return outcome(answer),
            Ok(None) => return Outcome::Unknown(contradiction()),
            Err(error) => tracing::warn!(%reference, %error, "the bank cannot be asked now"),
        }
        let Some(left) = until.since(Timestamp::now()) else {
            break;
        };
        callbacks.wait(left).await;
    }
    tracing::info!(%reference, "the customer did not answer in time");
    match bank.cancel_approval(reference).await {
        Ok(answer) => outcome(answer),
        Err(error) => Outcome::Unknown(error),
    }
}

/// Until when the customer can answer; at once, if the payer has said no to
/// the payment in another way.
fn deadline(payment: &OutgoingPayment, offer: &Offer, wait: Duration) -> Timestamp {
    match payment.failure {
        Some(_) => payment.state_since,
        None => offer.expires_at.min(payment.state_since.after(wait)),
    }
}

fn outcome(approval: Approval) -> Outcome {
    match approval {
        Approval::Approved(booking_id) => Outcome::Done(Some(booking_id)),
        Approval::Declined => Outcome::Refused(Refusal::Other),
        Approval::Expired => Outcome::NotDone,
        // A request that was cancelled is not pending: it has to be asked again.
        Approval::Pending => Outcome::Unknown(contradiction()),
    }
}

fn contradiction() -> BankError {
    BankError::NoAnswer("the bank contradicts itself about an approval".to_owned())
}
