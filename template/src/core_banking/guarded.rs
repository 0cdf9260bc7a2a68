//! The bank as the connector calls it: never too often at once, and not while it
//! is away.
//!
//! It stands around the port, not in the client: so it is there whatever client
//! is written, and none can forget it.

use std::sync::Arc;

use async_trait::async_trait;

use super::port::{self, BankError, Booking, BookingId, Bookings, CoreBankingSystem, Customers};
use crate::{
    domain::{
        amount::Amount,
        identifier::PartyIdentifier,
        party::{AccountNumber, Customer},
        period::Period,
        reference::Reference,
    },
    remote::{Call, Remote},
};

/// A core banking system behind a circuit breaker.
#[derive(Clone)]
pub struct GuardedBank {
    bank: Arc<dyn CoreBankingSystem>,
    remote: Remote,
}

impl GuardedBank {
    pub fn new(bank: Arc<dyn CoreBankingSystem>, remote: Remote) -> Self {
        Self { bank, remote }
    }

    async fn ask<T>(
        &self,
        operation: &str,
        question: impl Future<Output = Result<T, BankError>>,
    ) -> Result<T, BankError> {
        self.call(operation, Call::Question, question).await
    }

    async fn instruct<T>(
        &self,
        operation: &str,
        instruction: impl Future<Output = Result<T, BankError>>,
    ) -> Result<T, BankError> {
        self.call(operation, Call::Instruction, instruction).await
    }

    /// A request that is not let through was never begun.
    async fn call<T>(
        &self,
        operation: &str,
        call: Call,
        request: impl Future<Output = Result<T, BankError>>,
    ) -> Result<T, BankError> {
        let is_away = |answer: &Result<T, BankError>| {
            let error = answer.as_ref().err();
            error.is_some_and(BankError::is_away)
        };
        let made = self.remote.call(operation, call, request, is_away).await;
        made.unwrap_or_else(|not_sent| Err(BankError::NotAsked(not_sent)))
    }
}

#[async_trait]
impl Customers for GuardedBank {
    async fn find_customer(
        &self,
        identifier: &PartyIdentifier,
    ) -> Result<Option<Customer>, BankError> {
        self.ask("find_customer", self.bank.find_customer(identifier))
            .await
    }

    async fn check_credit(&self, payee: &AccountNumber, amount: Amount) -> Result<(), BankError> {
        self.ask("check_credit", self.bank.check_credit(payee, amount))
            .await
    }
}

#[async_trait]
impl port::Postings for GuardedBank {
    async fn postings(
        &self,
        period: Period,
        page: Option<&str>,
    ) -> Result<port::PageOfPostings, BankError> {
        self.ask("postings", self.bank.postings(period, page)).await
    }
}

#[async_trait]
impl Bookings for GuardedBank {
    async fn find_booking(&self, reference: &Reference) -> Result<Option<Booking>, BankError> {
        self.ask("find_booking", self.bank.find_booking(reference))
            .await
    }
}

// [if payee_pattern is reserve_commit]
#[async_trait]
impl port::PayeeCredits for GuardedBank {
    async fn reserve_credit(
        &self,
        reference: &Reference,
        credit: &port::CreditReservation,
    ) -> Result<BookingId, BankError> {
        self.instruct(
            "reserve_credit",
            self.bank.reserve_credit(reference, credit),
        )
        .await
    }

    async fn commit_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        self.instruct(
            "commit_credit",
            self.bank.commit_credit(reference, reservation),
        )
        .await
    }

    async fn release_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        self.instruct(
            "release_credit",
            self.bank.release_credit(reference, reservation),
        )
        .await
    }
}

// [end]
// [if payee_pattern is credit_on_commit]
#[async_trait]
impl port::PayeePostings for GuardedBank {
    async fn credit_payee(
        &self,
        reference: &Reference,
        credit: &port::PayeeCredit,
    ) -> Result<BookingId, BankError> {
        self.instruct("credit_payee", self.bank.credit_payee(reference, credit))
            .await
    }
}

// [end]
// [if payee_pattern is loan_repayment]
#[async_trait]
impl port::LoanRepayments for GuardedBank {
    async fn post_repayment(
        &self,
        reference: &Reference,
        repayment: &port::LoanRepayment,
    ) -> Result<BookingId, BankError> {
        self.instruct(
            "post_repayment",
            self.bank.post_repayment(reference, repayment),
        )
        .await
    }

    async fn reverse_repayment(
        &self,
        reference: &Reference,
        repayment: &Reference,
    ) -> Result<BookingId, BankError> {
        self.instruct(
            "reverse_repayment",
            self.bank.reverse_repayment(reference, repayment),
        )
        .await
    }
}

// [end]
// [if payer_debit is cbs_hold]
#[async_trait]
impl port::PayerHolds for GuardedBank {
    async fn hold(
        &self,
        reference: &Reference,
        payer: &AccountNumber,
        amount: Amount,
    ) -> Result<BookingId, BankError> {
        self.instruct("hold", self.bank.hold(reference, payer, amount))
            .await
    }

    async fn capture(
        &self,
        reference: &Reference,
        hold: &Reference,
        capture: &port::PayerCapture,
    ) -> Result<BookingId, BankError> {
        self.instruct("capture", self.bank.capture(reference, hold, capture))
            .await
    }

    async fn release_hold(
        &self,
        reference: &Reference,
        hold: &Reference,
    ) -> Result<BookingId, BankError> {
        self.instruct("release_hold", self.bank.release_hold(reference, hold))
            .await
    }
}

// [end]
// [if payer_debit is debit_then_reverse]
#[async_trait]
impl port::PayerDebits for GuardedBank {
    async fn debit(
        &self,
        reference: &Reference,
        debit: &port::PayerDebit,
    ) -> Result<BookingId, BankError> {
        self.instruct("debit", self.bank.debit(reference, debit))
            .await
    }

    async fn reverse_debit(
        &self,
        reference: &Reference,
        debit: &Reference,
    ) -> Result<BookingId, BankError> {
        self.instruct("reverse_debit", self.bank.reverse_debit(reference, debit))
            .await
    }
}

// [end]
// [if payer_debit is push_approval]
#[async_trait]
impl port::PayerApprovals for GuardedBank {
    async fn request_approval(
        &self,
        reference: &Reference,
        request: &port::ApprovalRequest,
    ) -> Result<BookingId, BankError> {
        self.instruct(
            "request_approval",
            self.bank.request_approval(reference, request),
        )
        .await
    }

    async fn find_approval(
        &self,
        request: &Reference,
    ) -> Result<Option<port::Approval>, BankError> {
        self.ask("find_approval", self.bank.find_approval(request))
            .await
    }

    async fn cancel_approval(&self, request: &Reference) -> Result<port::Approval, BankError> {
        self.instruct("cancel_approval", self.bank.cancel_approval(request))
            .await
    }

    async fn refund(
        &self,
        reference: &Reference,
        request: &Reference,
    ) -> Result<BookingId, BankError> {
        self.instruct("refund", self.bank.refund(reference, request))
            .await
    }
}

// [end]
// [if payer_debit is dfsp_debits]
#[async_trait]
impl port::PaymentReports for GuardedBank {
    async fn report_transfer(
        &self,
        reference: &Reference,
        payment: &port::ReportedPayment,
    ) -> Result<BookingId, BankError> {
        self.instruct(
            "report_transfer",
            self.bank.report_transfer(reference, payment),
        )
        .await
    }

    async fn report_no_transfer(
        &self,
        reference: &Reference,
        payment: &port::ReportedPayment,
    ) -> Result<BookingId, BankError> {
        self.instruct(
            "report_no_transfer",
            self.bank.report_no_transfer(reference, payment),
        )
        .await
    }
}

// [end]
// [if funding_model is not deposit_withdraw]
#[async_trait]
impl port::Liquidity for GuardedBank {
    async fn available(
        &self,
        account: &AccountNumber,
        currency: crate::domain::currency::Currency,
    ) -> Result<Amount, BankError> {
        self.ask("available", self.bank.available(account, currency))
            .await
    }
}

// [end]
// [if fees is cbs]
#[async_trait]
impl port::Pricing for GuardedBank {
    async fn payee_charges(
        &self,
        payee: &AccountNumber,
        amount_type: crate::domain::quote::AmountType,
        amount: Amount,
    ) -> Result<crate::domain::quote::PayeeCharges, BankError> {
        self.ask(
            "payee_charges",
            self.bank.payee_charges(payee, amount_type, amount),
        )
        .await
    }

    async fn payer_fee(
        &self,
        payer: &AccountNumber,
        terms: crate::domain::quote::Terms,
    ) -> Result<Amount, BankError> {
        self.ask("payer_fee", self.bank.payer_fee(payer, terms))
            .await
    }
}

// [end]
// [if use_cases has request_to_pay]
#[async_trait]
impl port::OneTimePasswords for GuardedBank {
    async fn find_one_time_password(
        &self,
        transaction_request_id: &crate::domain::transfer_id::TransferId,
    ) -> Result<Option<crate::domain::one_time_password::OneTimePassword>, BankError> {
        self.ask(
            "find_one_time_password",
            self.bank.find_one_time_password(transaction_request_id),
        )
        .await
    }
}

// [end]
// [if role is fxp, both]
#[async_trait]
impl port::Rates for GuardedBank {
    async fn offer_rate(
        &self,
        source: crate::domain::currency::Currency,
        target: crate::domain::currency::Currency,
    ) -> Result<port::RateOffer, BankError> {
        self.ask("offer_rate", self.bank.offer_rate(source, target))
            .await
    }
}

// [end]
// [if role is fxp, both]
#[async_trait]
impl port::Conversions for GuardedBank {
    async fn reserve_conversion(
        &self,
        reference: &Reference,
        amounts: &crate::domain::currency_conversion::ConvertedAmounts,
    ) -> Result<BookingId, BankError> {
        self.instruct(
            "reserve_conversion",
            self.bank.reserve_conversion(reference, amounts),
        )
        .await
    }

    async fn commit_conversion(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        self.instruct(
            "commit_conversion",
            self.bank.commit_conversion(reference, reservation),
        )
        .await
    }

    async fn release_conversion(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        self.instruct(
            "release_conversion",
            self.bank.release_conversion(reference, reservation),
        )
        .await
    }
}

// [end]
impl CoreBankingSystem for GuardedBank {}
