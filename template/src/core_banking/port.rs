//! What the connector needs of a core banking system.
//!
//! Each trait is one capability, in the words of a bank. The connector asks
//! for all of them, so the compiler names the ones that are missing.
//!
//! # What the bank must guarantee
//!
//! Every instruction that touches money carries a [`Reference`]: one for each
//! transfer and step, the same at every attempt, also after a restart. The
//! connector asks [`Bookings::find_booking`] before it repeats an instruction
//! whose outcome it does not know. So the bank must
//!
//! 1. keep the reference with the booking, and find the booking by it, and
//! 2. better still, recognise a reference that comes again and answer what it
//!    answered before. Then even an instruction that overtakes its own
//!    enquiry is booked once.
//!
//! # What an error says
//!
//! The difference between the kinds of [`BankError`] decides whether
//! money is lost or doubled. If in doubt, answer [`BankError::NoAnswer`].
//!
//! [`Reference`]: crate::domain::reference::Reference

mod bank_error;
mod bookings;
mod customers;

// [if funding_model is not deposit_withdraw]
mod liquidity;
// [end]
// [if use_cases has request_to_pay]
mod one_time_passwords;
// [end]
mod payee_credits;
mod payer_debits;
mod postings;

// [if fees is cbs]
mod pricing;

// [end]
// [if role is fxp, both]
mod conversions;
mod rates;

// [end]
pub use self::{bank_error::*, bookings::*, customers::*};

// [if funding_model is not deposit_withdraw]
pub use self::liquidity::*;
// [end]
// [if use_cases has request_to_pay]
pub use self::one_time_passwords::*;
// [end]
pub use self::payee_credits::*;
pub use self::payer_debits::*;
pub use self::postings::*;

// [if fees is cbs]
pub use self::pricing::*;

// [end]
// [if role is fxp, both]
pub use self::{conversions::*, rates::*};

// [end]
/// All that the connector needs of a core banking system.
pub trait CoreBankingSystem
where
    Self: Customers,
    // [if payee_pattern is reserve_commit]
    Self: PayeeCredits,
    // [end]
    // [if payee_pattern is credit_on_commit]
    Self: PayeePostings,
    // [end]
    // [if payee_pattern is loan_repayment]
    Self: LoanRepayments,
    // [end]
    // [if payer_debit is cbs_hold]
    Self: PayerHolds,
    // [end]
    // [if payer_debit is debit_then_reverse]
    Self: PayerDebits,
    // [end]
    // [if payer_debit is push_approval]
    Self: PayerApprovals,
    // [end]
    // [if payer_debit is dfsp_debits]
    Self: PaymentReports,
    // [end]
    // [if funding_model is not deposit_withdraw]
    Self: Liquidity,
    // [end]
    // [if fees is cbs]
    Self: Pricing,
    // [end]
    // [if use_cases has request_to_pay]
    Self: OneTimePasswords,
    // [end]
    // [if role is fxp, both]
    Self: Rates + Conversions,
    // [end]
    Self: Bookings,
    Self: Postings,
{
}
