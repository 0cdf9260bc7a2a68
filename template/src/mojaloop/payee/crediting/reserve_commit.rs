//! An incoming payment in the bank's books: the credit is reserved, and
//! committed or released on the scheme's final word.

use crate::{
    core_banking::port::{Bookings, CreditReservation, Customers, PayeeCredits},
    domain::{
        incoming::{FinalState, IncomingTransfer},
        party::AccountNumber,
        reference::{CreditStep, Reference},
    },
    mojaloop::steps::{self, Attempt, Outcome, Patience},
};

/// Carries out one step of a transfer with the core banking system.
pub async fn carry_out<Bank>(
    bank: &Bank,
    funding: &AccountNumber,
    patience: Patience,
    transfer: &IncomingTransfer,
    step: CreditStep,
    attempt: Attempt,
) -> Outcome
where
    Bank: Customers + PayeeCredits + Bookings + ?Sized,
{
    let transfer_id = &transfer.request.transfer_id;
    let reference = &Reference::of_credit(transfer_id, step);
    if let (CreditStep::Reserve, Some(FinalState::Aborted), Attempt::AgainSince(since)) =
        (step, transfer.told, attempt)
    {
        // What the scheme has aborted is not reserved any more.
        return steps::find_out_only(bank, patience, since, reference).await;
    }
    let reservation = &Reference::of_credit(transfer_id, CreditStep::Reserve);
    let credit = &CreditReservation {
        payee: transfer.payee_account.clone(),
        funding: funding.clone(),
        terms: transfer.terms,
    };
    let instruct = || async move {
        match step {
            CreditStep::Reserve => bank.reserve_credit(reference, credit).await,
            CreditStep::Commit => bank.commit_credit(reference, reservation).await,
            CreditStep::Release => bank.release_credit(reference, reservation).await,
        }
    };
    steps::carry_out(bank, patience, attempt, reference, instruct).await
}
