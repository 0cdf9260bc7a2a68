//! An incoming payment in the bank's books: the payee is credited once the
//! scheme has committed.
//!
//! Until then nothing in the bank's books says that the credit is coming. What
//! has been promised is therefore counted here, from the journal: together, the
//! promises must not exceed what the funding covers and the payee's account
//! takes.

use crate::{
    core_banking::{
        funding::Funding,
        port::{BankError, Bookings, Customers, PayeeCredit, PayeePostings, Refusal},
    },
    domain::{
        amount::Amount,
        error::{ErrorCode, PaymentError},
        incoming::{FinalState, IncomingTransfer},
        reference::{CreditStep, Reference},
    },
    mojaloop::{
        progress::Progress,
        steps::{self, Attempt, Outcome},
    },
};

/// So many promises are counted. With more, no further ones are made.
const MAX_PROMISES: usize = 1_000;

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
    Bank: Customers + PayeePostings + Bookings + ?Sized,
{
    match step {
        CreditStep::Reserve => match transfer.promise.told {
            None => promise(bank, funding, progress, transfer).await,
            // It is too late to refuse: the bank says whether it can be posted.
            Some(FinalState::Committed) => Ok(Outcome::Done(None)),
            // The bank was never told, so there is nothing to find out.
            Some(FinalState::Aborted) => Ok(Outcome::NotDone),
        },
        CreditStep::Commit => {
            let funding = match funding.pays_payees_from(transfer.terms.currency()) {
                Ok(funding) => funding.clone(),
                // It was taken away since: for a person, if it does not come back.
                Err(error) => {
                    return Ok(Outcome::Unknown(BankError::Unreachable(error.to_string())));
                }
            };
            let reference = &Reference::of_credit(&transfer.request.transfer_id, step);
            let credit = &PayeeCredit {
                payee: transfer.payee_account.clone(),
                funding,
                terms: transfer.terms,
            };
            let post = || bank.credit_payee(reference, credit);
            Ok(steps::carry_out(bank, progress.patience(), attempt, reference, post).await)
        }
        CreditStep::Release => Ok(Outcome::Done(None)),
    }
}

/// Makes as sure as can be that the credit can be posted later.
async fn promise<Bank>(
    bank: &Bank,
    funding: &Funding,
    progress: &Progress<IncomingTransfer>,
    transfer: &IncomingTransfer,
) -> Result<Outcome, PaymentError>
where
    Bank: Customers + ?Sized,
{
    // First the promises, then the bank: a credit that is posted in between is
    // counted twice rather than not at all.
    let open = progress.unfinished(MAX_PROMISES + 1).await?;
    if open.len() > MAX_PROMISES {
        tracing::error!("more than {MAX_PROMISES} transfers wait for their final word");
        return Ok(Outcome::Refused(Refusal::InsufficientLiquidity));
    }
    let promised = Promised::with(transfer, &open)?;
    let payee = &transfer.payee_account;
    match bank.check_credit(payee, promised.to_payee).await {
        Ok(()) => {}
        Err(BankError::Refused(refusal)) => return Ok(Outcome::Refused(refusal)),
        Err(error) => return Ok(Outcome::Unknown(error)),
    }
    // [if funding_model is not deposit_withdraw]
    if let Err(error) = funding.check(promised.in_all).await {
        return Ok(not_funded(&error));
    }
    // [end]
    // [if funding_model is deposit_withdraw]
    // The exposure counts this promise and all others by itself.
    let nothing_more = Amount::zero(transfer.terms.currency());
    if let Err(error) = funding.check(nothing_more).await {
        return Ok(not_funded(&error));
    }
    // [end]
    Ok(Outcome::Done(None))
}

/// What is known if the funding does not cover a promise, or cannot be asked.
fn not_funded(error: &PaymentError) -> Outcome {
    match error.code {
        ErrorCode::Internal | ErrorCode::ServiceUnavailable | ErrorCode::Timeout => {
            Outcome::Unknown(BankError::Unreachable(error.to_string()))
        }
        _ => Outcome::Refused(Refusal::InsufficientLiquidity),
    }
}

/// What has to be there when every open transfer is committed.
#[derive(Debug, PartialEq, Eq)]
struct Promised {
    /// What the payee of the transfer will get.
    to_payee: Amount,
    // [if funding_model is not deposit_withdraw]
    /// What the funding will have to cover, in the currency of the transfer.
    in_all: Amount,
    // [end]
}

impl Promised {
    /// Counts a transfer and the other open ones. Two that are prepared at the
    /// same moment may each count the other, and both be refused; neither
    /// overlooks the other.
    fn with(transfer: &IncomingTransfer, open: &[IncomingTransfer]) -> Result<Self, PaymentError> {
        let mut promised = Self {
            to_payee: transfer.terms.payee_receives(),
            // [if funding_model is not deposit_withdraw]
            in_all: transfer.terms.transfer_amount(),
            // [end]
        };
        for other in open {
            let is_another = other.request.transfer_id != transfer.request.transfer_id;
            if !is_another || other.terms.currency() != transfer.terms.currency() {
                continue;
            }
            // [if funding_model is not deposit_withdraw]
            promised.in_all = promised.in_all.plus(other.terms.transfer_amount())?;
            // [end]
            if other.payee_account == transfer.payee_account {
                promised.to_payee = promised.to_payee.plus(other.terms.payee_receives())?;
            }
        }
        Ok(promised)
    }
}
