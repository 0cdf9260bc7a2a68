//! The first step: finding the payee and making the customer an offer.

use std::sync::atomic::Ordering;

use super::{Payer, needs_decision};
use crate::{
    core_banking::{fees, port::Refusal},
    domain::{
        error::{ErrorCode, PaymentError},
        incoming::FinalState,
        outgoing::{Offer, OutgoingPayment, OutgoingRequest, OutgoingState},
        timestamp::Timestamp,
    },
    journal::{Opened, Recorded, work::Work},
    mojaloop::connector::{HubView, Paused, QuotedTerms},
};

impl Payer {
    /// Makes an offer. The same request (by the DFSP's own identifier) gets
    /// the same offer again.
    pub async fn offer(&self, request: OutgoingRequest) -> Result<OutgoingPayment, PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move {
                let recorded = this.open(request).await?;
                this.offer_in_turn(recorded).await
            })
            .await
    }

    async fn open(
        &self,
        request: OutgoingRequest,
    ) -> Result<Recorded<OutgoingPayment>, PaymentError> {
        if let Some(home_transaction_id) = &request.home_transaction_id {
            let known = self
                .progress
                .find_by_home_transaction_id(home_transaction_id)
                .await?;
            if let Some(known) = known {
                return same_request(known, &request);
            }
        }
        if self.stopped.load(Ordering::SeqCst) {
            return Err(PaymentError::new(
                ErrorCode::ServiceUnavailable,
                "no payments are made until the Mojaloop Connector is configured as it should be",
            ));
        }
        let payer = self.find_payer(&request.payer).await?;
        if payer.currency != request.amount.currency() {
            return Err(Refusal::CurrencyNotSupported.of_payer());
        }
        let payment = OutgoingPayment::open(request.clone(), payer.account, Timestamp::now());
        // No money is touched before the customer agrees, so there is nothing
        // to go on with if this process dies.
        match self.progress.open(payment, Work::none()).await? {
            Opened::New(opened) => Ok(opened),
            Opened::Known(known) => same_request(known, &request),
        }
    }

    async fn offer_in_turn(
        &self,
        opened: Recorded<OutgoingPayment>,
    ) -> Result<OutgoingPayment, PaymentError> {
        let transfer_id = opened.payment.transfer_id.clone();
        let _turn = self.turns.take(&transfer_id).await?;
        let mut payment = self.find_recorded(&transfer_id).await?;
        if payment.payment.state() == OutgoingState::Requested && payment.work.parked.is_none() {
            self.ask_for_terms(&mut payment).await?;
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
    ) -> Result<(), PaymentError> {
        let payer = self.find_payer(&payment.payment.request.payer).await?;
        if payment.work.tried_at.is_some() {
            let view = self.connector.find_out(&payment.payment.transfer_id).await;
            if view == HubView::Final(FinalState::Committed) {
                return self.stop_because_of_auto_accept(payment).await;
            }
        }
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
            let work = Work {
                tried_at: Some(Timestamp::now()),
                ..Work::none()
            };
            self.progress.record(payment, work).await?;
            return Err(failure);
        }
        payment.payment.failure = Some(failure);
        self.become_and_record(payment, OutgoingState::Aborted, Work::none())
            .await
    }

    async fn keep_offer(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        quoted: QuotedTerms,
    ) -> Result<(), PaymentError> {
        let expires_at = quoted.expires_at;
        payment.payment.offer = Some(Offer {
            payee: quoted.payee,
            payer_fee: fees::payer_fee(quoted.terms),
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
) -> Result<Recorded<OutgoingPayment>, PaymentError> {
    if known.payment.request == *request {
        return Ok(known);
    }
    Err(PaymentError::new(
        ErrorCode::ModifiedRequest,
        "another payment was asked for under this homeTransactionId",
    ))
}
