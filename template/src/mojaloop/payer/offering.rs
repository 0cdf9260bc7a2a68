//! The first step: finding the payee and making the customer an offer.

use std::sync::atomic::Ordering;

use super::{Payer, debiting, needs_decision};
use crate::{
    core_banking::port::Refusal,
    domain::{
        error::{ErrorCode, PaymentError},
        incoming::FinalState,
        outgoing::{Offer, OutgoingPayment, OutgoingRequest, OutgoingState},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Opened, Recorded, work::Work},
    mojaloop::{
        connector::{HubView, Paused, QuotedTerms},
        steps::Begin,
    },
};

impl Payer {
    /// Makes an offer. The same request (by the DFSP's own identifier) gets
    /// the same offer again.
    pub async fn offer(&self, request: OutgoingRequest) -> Result<OutgoingPayment, PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move {
                let (transfer_id, begin) = this.open(request).await?;
                this.offer_in_turn(&transfer_id, begin).await
            })
            .await
    }

    async fn open(&self, request: OutgoingRequest) -> Result<(TransferId, Begin), PaymentError> {
        if let Some(home_transaction_id) = &request.home_transaction_id {
            let known = self
                .progress
                .find_by_home_transaction_id(home_transaction_id)
                .await?;
            if let Some(known) = known {
                return same_request(known, &request);
            }
        }
        self.refuse_if_stopped()?;
        debiting::check_payer(&request.payer)?;
        let payer = self.find_payer(&request.payer).await?;
        if payer.currency != request.amount.currency() {
            return Err(Refusal::CurrencyNotSupported.of_payer());
        }
        let payment = OutgoingPayment::open(request.clone(), payer.account, Timestamp::now());
        match self.progress.open(payment, self.asked_for_terms()).await? {
            Opened::New(opened) => Ok((opened.payment.transfer_id, Begin::Fresh)),
            Opened::Known(known) => same_request(known, &request),
        }
    }

    async fn offer_in_turn(
        &self,
        transfer_id: &TransferId,
        begin: Begin,
    ) -> Result<OutgoingPayment, PaymentError> {
        let _turn = self.turns.take(transfer_id).await?;
        let mut payment = self.find_recorded(transfer_id).await?;
        if payment.payment.state() == OutgoingState::Requested && payment.work.parked.is_none() {
            self.ask_for_terms(&mut payment, begin).await?;
        }
        if let Some(failure) = payment.payment.failure {
            return Err(failure);
        }
        if payment.payment.offer.is_none() || payment.work.parked.is_some() {
            return Err(needs_decision());
        }
        Ok(payment.payment)
    }

    /// Asks the Mojaloop Connector for payee and terms. A failure that may
    /// pass leaves the payment as it is, so that the caller can try again; it
    /// is noted, since the request may have been heard.
    async fn ask_for_terms(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        begin: Begin,
    ) -> Result<(), PaymentError> {
        let payer = self.find_payer(&payment.payment.request.payer).await?;
        if begin == Begin::Again {
            // Nobody knows what became of the first request.
            let work = self.asked_for_terms();
            self.look_for_auto_accept(payment, work).await?;
            if payment.work.parked.is_some() {
                return Ok(());
            }
        }
        self.refuse_if_stopped()?;
        let mut paused = self
            .connector
            .request_transfer(&payment.payment, &payer)
            .await;
        if paused == Ok(Paused::AtParty) {
            paused = self.connector.accept_party(&payment.payment).await;
        }
        let failure = match paused {
            Ok(Paused::AtQuote(quoted)) => return self.keep_offer(payment, *quoted).await,
            Ok(Paused::Not) => return self.stop_because_of_auto_accept(payment).await,
            Ok(Paused::AtConversion) => {
                self.connector.reject(&payment.payment.transfer_id).await;
                PaymentError::new(
                    ErrorCode::CurrencyRefused,
                    "payments with a currency conversion are not made here",
                )
            }
            Ok(Paused::AtParty) => PaymentError::new(
                ErrorCode::ServiceUnavailable,
                "the Mojaloop Connector does not go on",
            ),
            Err(error) => error,
        };
        if failure.is_transient() {
            let work = self.asked_for_terms();
            self.progress.record(payment, work).await?;
            return Err(failure);
        }
        payment.payment.failure = Some(failure);
        self.become_and_record(payment, OutgoingState::Aborted, Work::none())
            .await
    }

    /// The terms were asked for, and the answer may be lost: somebody has to
    /// make sure later that the Mojaloop Connector did not just transfer.
    fn asked_for_terms(&self) -> Work {
        Work::due(Timestamp::now().after(self.settings.connector_answers_within))
    }

    /// Makes sure that a payment that nobody agreed to has not been made. `work`
    /// is what is to be done then.
    pub(super) async fn look_for_auto_accept(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        work: Work,
    ) -> Result<(), PaymentError> {
        match self.connector.find_out(&payment.payment.transfer_id).await {
            HubView::Final(FinalState::Committed) => {
                self.stop_because_of_auto_accept(payment).await
            }
            HubView::Final(FinalState::Aborted) | HubView::NotKnown => {
                self.progress.record(payment, work).await
            }
            HubView::Undecided(reason) => {
                self.progress.postpone(payment, reason.clone()).await?;
                Err(PaymentError::new(
                    ErrorCode::ServiceUnavailable,
                    "the Mojaloop Connector cannot be used now",
                )
                .with_detail(reason))
            }
        }
    }

    fn refuse_if_stopped(&self) -> Result<(), PaymentError> {
        if self.stopped.load(Ordering::SeqCst) {
            return Err(PaymentError::new(
                ErrorCode::ServiceUnavailable,
                "no payments are made until the Mojaloop Connector is configured as it should be",
            ));
        }
        Ok(())
    }

    async fn keep_offer(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        quoted: QuotedTerms,
    ) -> Result<(), PaymentError> {
        let expires_at = quoted.expires_at;
        let payer = &payment.payment.payer_account;
        let payer_fee = self.fees.payer_fee(payer, quoted.terms).await?;
        payment.payment.offer = Some(Offer {
            payee: quoted.payee,
            payer_fee,
            terms: quoted.terms,
            expires_at,
        });
        self.become_and_record(payment, OutgoingState::Quoted, Work::due(expires_at))
            .await
    }
}

fn same_request(
    known: Recorded<OutgoingPayment>,
    request: &OutgoingRequest,
) -> Result<(TransferId, Begin), PaymentError> {
    if known.payment.request == *request {
        return Ok((known.payment.transfer_id, Begin::Again));
    }
    Err(PaymentError::new(
        ErrorCode::ModifiedRequest,
        "another payment was asked for under this homeTransactionId",
    ))
}
