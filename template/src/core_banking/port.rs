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
//! The difference between the four kinds of [`BankError`] decides whether
//! money is lost or doubled. If in doubt, answer [`BankError::NoAnswer`].

use async_trait::async_trait;

use crate::domain::{
    amount::Amount,
    currency::Currency,
    error::{ErrorCode, PaymentError},
    identifier::PartyIdentifier,
    party::{AccountNumber, Customer},
    quote::Terms,
    reference::Reference,
};

/// Why the core banking system did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BankError {
    /// It said no, for a reason of the business, and has not acted.
    #[error("the core banking system refused: {0}")]
    Refused(Refusal),
    /// It was certainly not reached, so it has not acted.
    #[error("the core banking system cannot be reached: {0}")]
    Unreachable(String),
    /// It answered that it failed. It may have acted, but no longer does.
    #[error("the core banking system failed: {0}")]
    Failed(String),
    /// It did not answer in time, or the connection broke. It may have acted,
    /// or may still.
    #[error("the core banking system did not answer: {0}")]
    NoAnswer(String),
}

/// A reason of the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such account")]
    UnknownAccount,
    #[error("the account is blocked")]
    AccountBlocked,
    #[error("the account is closed")]
    AccountClosed,
    #[error("the account is not in this currency")]
    CurrencyNotSupported,
    #[error("the account does not have the funds")]
    InsufficientFunds,
    #[error("the funding account does not have the funds")]
    InsufficientLiquidity,
    #[error("a limit of the account would be exceeded")]
    LimitExceeded,
    /// The bank's reason has no counterpart here.
    #[error("the bank refused")]
    Other,
}

impl Refusal {
    /// What the scheme is told when the account of a payee is concerned.
    pub fn of_payee(self) -> PaymentError {
        use ErrorCode as Code;
        let (code, message) = match self {
            Self::UnknownAccount | Self::AccountClosed => {
                (Code::PartyNotFound, "the payee has no account here")
            }
            Self::AccountBlocked => (Code::AccountBlocked, "the payee's account is blocked"),
            Self::CurrencyNotSupported => (
                Code::CurrencyRefused,
                "the payee's account is not in this currency",
            ),
            Self::InsufficientLiquidity => (
                Code::PayeeLacksLiquidity,
                "the payee's FSP cannot fund this payment now",
            ),
            Self::LimitExceeded => (
                Code::PayeeLimit,
                "the payment exceeds a limit of the payee's account",
            ),
            Self::InsufficientFunds | Self::Other => {
                (Code::PayeeRefused, "the payee's FSP refuses this payment")
            }
        };
        PaymentError::new(code, message).with_detail(self)
    }

    /// What the DFSP's channel is told when the account of a payer is concerned.
    pub fn of_payer(self) -> PaymentError {
        use ErrorCode as Code;
        let (code, message) = match self {
            Self::UnknownAccount | Self::AccountClosed => {
                (Code::PartyNotFound, "the payer has no account here")
            }
            Self::AccountBlocked => (Code::AccountBlocked, "the payer's account is blocked"),
            Self::CurrencyNotSupported => (
                Code::CurrencyRefused,
                "the payer's account is not in this currency",
            ),
            Self::InsufficientFunds | Self::InsufficientLiquidity => (
                Code::PayerLacksFunds,
                "the payer's account does not have the funds",
            ),
            Self::LimitExceeded => (
                Code::PayerLimit,
                "the payment exceeds a limit of the payer's account",
            ),
            Self::Other => (Code::PayerRejected, "the payer's bank refuses this payment"),
        };
        PaymentError::new(code, message).with_detail(self)
    }
}

impl BankError {
    /// What the scheme is told when a question about a payee was not answered.
    pub fn about_payee(&self) -> PaymentError {
        match self {
            Self::Refused(refusal) => refusal.of_payee(),
            other => other.of_bank(),
        }
    }

    /// What the DFSP's channel is told when a question about a payer was not
    /// answered.
    pub fn about_payer(&self) -> PaymentError {
        match self {
            Self::Refused(refusal) => refusal.of_payer(),
            other => other.of_bank(),
        }
    }

    /// What a caller is told whatever the question was about.
    pub fn of_bank(&self) -> PaymentError {
        let (code, message) = match self {
            Self::Refused(_) => (
                ErrorCode::Internal,
                "the core banking system refuses a question of the connector",
            ),
            Self::Unreachable(_) | Self::Failed(_) => (
                ErrorCode::ServiceUnavailable,
                "the core banking system cannot be used now",
            ),
            Self::NoAnswer(_) => (
                ErrorCode::Timeout,
                "the core banking system did not answer in time",
            ),
        };
        PaymentError::new(code, message).with_detail(self)
    }
}

/// The core banking system's own number of what it booked.
pub type BookingId = String;

/// What came of an instruction, as the core banking system remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Booking {
    Done(BookingId),
    Refused(Refusal),
}

/// Finding customers by the identifiers that the scheme knows them by.
#[async_trait]
pub trait Customers: Send + Sync {
    /// The customer behind an identifier, also one whose account is blocked
    /// or closed; `None` if there is nobody.
    async fn find_customer(
        &self,
        identifier: &PartyIdentifier,
    ) -> Result<Option<Customer>, BankError>;
}

/// A credit to a payee that is to be reserved.
#[derive(Debug, Clone)]
pub struct CreditReservation {
    pub payee: AccountNumber,
    /// The account that the money comes from, as the funding model has it.
    pub funding: AccountNumber,
    pub terms: Terms,
}

/// Money that arrives: reserved first, then committed or released.
#[async_trait]
pub trait PayeeCredits: Send + Sync {
    /// Says whether the account could take this credit now. Nothing is
    /// reserved: this is for a quote.
    async fn check_credit(&self, payee: &AccountNumber, amount: Amount) -> Result<(), BankError>;

    /// Makes sure that the credit can be committed later, whatever happens in
    /// between. Every check that could refuse it happens here.
    async fn reserve_credit(
        &self,
        reference: &Reference,
        credit: &CreditReservation,
    ) -> Result<BookingId, BankError>;

    /// Posts a reserved credit: funding account to payee. The scheme has
    /// committed, so a refusal here is a reconciliation error.
    async fn commit_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError>;

    /// Frees a reservation that will not be committed.
    async fn release_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError>;
}

/// What a payer owes for a payment that has been committed.
#[derive(Debug, Clone)]
pub struct PayerCapture {
    /// The account that the money goes to, as the funding model has it.
    pub funding: AccountNumber,
    pub transfer_amount: Amount,
    pub payer_fee: Amount,
}

/// Money that leaves: held first, then captured or released.
#[async_trait]
pub trait PayerHolds: Send + Sync {
    /// Sets money of the payer aside.
    async fn hold(
        &self,
        reference: &Reference,
        payer: &AccountNumber,
        amount: Amount,
    ) -> Result<BookingId, BankError>;

    /// Posts held money: payer to funding account, and the fee to the bank.
    async fn capture(
        &self,
        reference: &Reference,
        hold: &Reference,
        capture: &PayerCapture,
    ) -> Result<BookingId, BankError>;

    /// Gives held money back.
    async fn release_hold(
        &self,
        reference: &Reference,
        hold: &Reference,
    ) -> Result<BookingId, BankError>;
}

/// What is left of the money that incoming payments are paid from.
#[async_trait]
pub trait Liquidity: Send + Sync {
    /// What the account has, less what is reserved on it; zero if it is overdrawn.
    async fn available(
        &self,
        account: &AccountNumber,
        currency: Currency,
    ) -> Result<Amount, BankError>;
}

/// Finding out what came of an instruction that was not answered.
#[async_trait]
pub trait Bookings: Send + Sync {
    /// What was booked under a reference; `None` if nothing was. An error
    /// means that it is still not known.
    async fn find_booking(&self, reference: &Reference) -> Result<Option<Booking>, BankError>;
}

/// All that the connector needs.
pub trait CoreBankingSystem: Customers + PayeeCredits + PayerHolds + Liquidity + Bookings {}

impl<T> CoreBankingSystem for T where T: Customers + PayeeCredits + PayerHolds + Liquidity + Bookings
{}
