//! An incoming payment in the bank's books: the credit is reserved, and
//! committed or released on the scheme's final word.

use crate::{
    core_banking::{
        funding::Funding,
        port::{BankError, Bookings, CreditReservation, Customers, PayeeCredits},
    },
    domain::{
        error::PaymentError,
        incoming::{FinalState, IncomingTransfer},
        reference::{CreditStep, Reference},
    },
    mojaloop::{
        progress::Progress,
        steps::{self, Attempt, Outcome},
    },
};

/// Carries out one step of a transfer with the core banking system.
pub async fn carry_out<Bank>(
    bank: &Bank,
    funding: &Funding,
    progress: &Progress<IncomingTransfer>,
    transfer: &IncomingTransfer,
    step: CreditStep,
    attempt: Attempt,
) -> Result<Outcome, PaymentError>
where
    Bank: Customers + PayeeCredits + Bookings + ?Sized,
{
    let patience = progress.patience();
    let transfer_id = &transfer.request.transfer_id;
    let reference = &Reference::of_credit(transfer_id, step);
    if let (CreditStep::Reserve, Some(FinalState::Aborted), Attempt::Again { since, .. }) =
        (step, transfer.promise.told, attempt)
    {
        // What the scheme has aborted is not reserved any more.
        return Ok(steps::find_out_only(bank, patience, since, reference).await);
    }
    let funding = match funding.pays_payees_from(transfer.terms.currency()) {
        Ok(funding) => funding.clone(),
        // It was taken away since: for a person, if it does not come back.
        Err(error) => return Ok(Outcome::Unknown(BankError::Unreachable(error.to_string()))),
    };
    let reservation = &Reference::of_credit(transfer_id, CreditStep::Reserve);
    let credit = &CreditReservation {
        payee: transfer.payee_account.clone(),
        funding,
        terms: transfer.terms,
    };
    let instruct = || async move {
        match step {
            CreditStep::Reserve => bank.reserve_credit(reference, credit).await,
            CreditStep::Commit => bank.commit_credit(reference, reservation).await,
            CreditStep::Release => bank.release_credit(reference, reservation).await,
        }
    };
    Ok(steps::carry_out(bank, patience, attempt, reference, instruct).await)
}
