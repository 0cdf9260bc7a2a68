//! What the sandbox bank can be told to do with money.

use serde::Deserialize;

use crate::domain::{amount::Amount, party::AccountNumber};

/// One thing to do, and the reference by which it is recognised when it is
/// told again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    pub reference: String,
    pub order: Order,
}

/// The six ways to hold, free or move money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Holds the money of an incoming payment on the funding account.
    ReserveCredit(ReserveCredit),
    /// Pays a reserved credit to the payee.
    CommitCredit { reservation: String },
    /// Gives up a reserved credit.
    ReleaseCredit { reservation: String },
    /// Holds the money of an outgoing payment on the payer's account.
    Hold(HoldFunds),
    /// Takes held money for an outgoing payment.
    Capture { hold: String, terms: CaptureTerms },
    /// Gives held money back to the payer.
    ReleaseHold { hold: String },
}

/// The credit of an incoming payment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReserveCredit {
    /// The payee's.
    pub account: AccountNumber,
    pub funding_account: AccountNumber,
    pub transfer_amount: Amount,
    /// Always the transfer amount less the fee plus the commission.
    pub payee_receives: Amount,
    pub fee: Amount,
    pub commission: Amount,
}

/// What an outgoing payment may cost the payer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HoldFunds {
    /// The payer's.
    pub account: AccountNumber,
    pub amount: Amount,
}

/// Where held money goes: together it is all that was held.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CaptureTerms {
    pub funding_account: AccountNumber,
    pub transfer_amount: Amount,
    pub fee: Amount,
}
