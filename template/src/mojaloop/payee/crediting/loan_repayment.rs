//! An incoming payment in the bank's books: the repayment is posted before the
//! scheme decides, and reversed if it aborts.

use crate::{
    core_banking::{
        funding::Funding,
        port::{BankError, Bookings, Customers, LoanRepayment, LoanRepayments},
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
    Bank: Customers + LoanRepayments + Bookings + ?Sized,
{
    let patience = progress.patience();
    let transfer_id = &transfer.request.transfer_id;
    let reference = &Reference::of_credit(transfer_id, step);
    Ok(match step {
        CreditStep::Reserve => {
            if let (Some(FinalState::Aborted), Attempt::Again { since, .. }) =
                (transfer.promise.told, attempt)
            {
                // What the scheme has aborted is not posted any more.
                return Ok(steps::find_out_only(bank, patience, since, reference).await);
            }
            let funding = match funding.pays_payees_from(transfer.terms.currency()) {
                Ok(funding) => funding.clone(),
                // It was taken away since: for a person, if it does not come back.
                Err(error) => {
                    return Ok(Outcome::Unknown(BankError::Unreachable(error.to_string())));
                }
            };
            let repayment = &LoanRepayment {
                loan: transfer.payee_account.clone(),
                funding,
                terms: transfer.terms,
            };
            let post = || bank.post_repayment(reference, repayment);
            steps::carry_out(bank, patience, attempt, reference, post).await
        }
        // The loan has been repaid when the transfer was prepared.
        CreditStep::Commit => Outcome::Done(None),
        CreditStep::Release => {
            let repayment = &Reference::of_credit(transfer_id, CreditStep::Reserve);
            let reverse = || bank.reverse_repayment(reference, repayment);
            steps::carry_out(bank, patience, attempt, reference, reverse).await
        }
    })
}
