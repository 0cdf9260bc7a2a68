//! Asking the scheme for the payee and the terms. No money is at stake yet.

use std::sync::atomic::Ordering;

// [if use_cases has conversion]
use super::converting;
// [end]
use super::{Payer, debiting};
use crate::{
    core_banking::port::Refusal,
    domain::{
        error::{ErrorCode, PaymentError},
        incoming::FinalState,
        outgoing::{Offer, OutgoingPayment, OutgoingRequest, OutgoingState, PayeeDetails},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Opened, Recorded, work::Work},
    mojaloop::{
        connector::{HubView, Paused, QuotedTerms, Rejection},
        steps::Begin,
    },
};

/// How far the Mojaloop Connector has gone with a payment.
pub(super) enum Progressed {
    /// It has found the payee, and wants to know whether this is the right one.
    ToPayee(Box<PayeeDetails>),
    /// It has the terms, and wants to know whether they are agreed to.
    ToTerms(Box<QuotedTerms>),
}

impl Payer {
    /// Opens a payment. The same request (by the DFSP's own identifier) opens
    /// it once.
    pub(super) async fn open(
        &self,
        request: OutgoingRequest,
    ) -> Result<(TransferId, Begin), PaymentError> {
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
        self.required_information
            .check_payer(&request.payer_information())?;
        debiting::check_payer(&request.payer)?;
        let payer = self.find_payer(&request.payer).await?;
        if payer.currency != request.payer_currency() {
            return Err(Refusal::CurrencyNotSupported.of_payer());
        }
        // [if use_cases has conversion]
        if let Some(payee_currency) = request.payee_currency()
            && payee_currency != payer.currency
        {
            let limits = &self.conversion_limits;
            limits.check_pair(payer.currency, payee_currency)?;
        }
        // [end]
        let payment = OutgoingPayment::open(request.clone(), payer.account, Timestamp::now());
        match self.progress.open(payment, self.asked_for_terms()).await? {
            Opened::New(opened) => Ok((opened.payment.transfer_id, Begin::Fresh)),
            Opened::Known(known) => same_request(known, &request),
        }
    }

    /// Asks the Mojaloop Connector for the payee, and for the terms if it does
    /// not wait in between. Nothing is answered for a payment that ends here,
    /// or that a person has to decide on.
    pub(super) async fn ask_scheme(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        begin: Begin,
    ) -> Result<Option<Progressed>, PaymentError> {
        let payer = self.find_payer(&payment.payment.request.payer).await?;
        if begin == Begin::Again {
            // Nobody knows what became of the first request.
            let work = self.asked_for_terms();
            self.look_for_auto_accept(payment, work).await?;
            if payment.work.parked.is_some() {
                return Ok(None);
            }
        }
        self.refuse_if_stopped()?;
        let paused = self
            .connector
            .request_transfer(&payment.payment, &payer)
            .await;
        self.progressed(payment, paused).await
    }

    /// Goes on to the terms, and stores them. A payee that the Mojaloop
    /// Connector asks about is confirmed.
    pub(super) async fn go_on_to_terms(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        progressed: Progressed,
    ) -> Result<(), PaymentError> {
        let progressed = match progressed {
            Progressed::ToPayee(payee) => {
                self.refuse_if_stopped()?;
                let transfer_id = &payment.payment.transfer_id;
                tracing::info!(%transfer_id, ?payee, "confirming the payee");
                let paused = self.connector.accept_party(&payment.payment).await;
                self.progressed(payment, paused).await?
            }
            Progressed::ToTerms(_) => Some(progressed),
        };
        match progressed {
            Some(Progressed::ToTerms(quoted)) => {
                let expires_at = quoted.expires_at;
                self.keep_offer(payment, *quoted).await?;
                self.become_and_record(payment, OutgoingState::Quoted, Work::due(expires_at))
                    .await
            }
            Some(Progressed::ToPayee(_)) => self.asked_in_vain(payment, does_not_go_on()).await,
            None => Ok(()),
        }
    }

    async fn progressed(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        paused: Result<Paused, PaymentError>,
    ) -> Result<Option<Progressed>, PaymentError> {
        // [if use_cases has conversion]
        let paused = converting::go_on(self, &payment.payment, paused).await;
        // [end]
        match paused.map(|paused| self.with_known_payee(paused)) {
            Ok(Paused::AtParty(payee)) => return Ok(Some(Progressed::ToPayee(payee))),
            Ok(Paused::AtQuote(quoted)) => return Ok(Some(Progressed::ToTerms(quoted))),
            Ok(Paused::Not) => self.stop_because_of_auto_accept(payment).await?,
            // [if use_cases has conversion]
            Ok(Paused::Halfway(_)) => self.asked_in_vain(payment, does_not_go_on()).await?,
            // [end]
            Ok(Paused::AtRefused(refused)) => {
                // Nothing depends on its answer unless it has transferred.
                if self.connector.reject(&payment.payment).await == Rejection::Committed {
                    self.stop_because_of_auto_accept(payment).await?;
                } else {
                    self.asked_in_vain(payment, refused).await?;
                }
            }
            Err(failure) => self.asked_in_vain(payment, failure).await?,
        }
        Ok(None)
    }

    /// A payee of whom too little is known is not paid.
    fn with_known_payee(&self, paused: Paused) -> Paused {
        let payee = match &paused {
            Paused::AtParty(payee) => payee,
            Paused::AtQuote(quoted) => &quoted.payee,
            _ => return paused,
        };
        match self.check_payee(payee) {
            Ok(()) => paused,
            Err(refused) => Paused::AtRefused(refused),
        }
    }

    pub(super) fn check_payee(&self, payee: &PayeeDetails) -> Result<(), PaymentError> {
        self.required_information.check_payee(&payee.information())
    }

    /// A failure that may pass leaves the payment as it is, so that the caller
    /// can try again; it is noted, since the request may have been heard.
    async fn asked_in_vain(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        failure: PaymentError,
    ) -> Result<(), PaymentError> {
        if failure.is_transient() {
            let work = self.asked_for_terms();
            self.progress.record(payment, work).await?;
            return Err(failure);
        }
        self.abort_before_terms(payment, failure).await
    }

    /// Nothing was agreed to, so nothing has to be given back.
    pub(super) async fn abort_before_terms(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        failure: PaymentError,
    ) -> Result<(), PaymentError> {
        payment.payment.failure = Some(failure);
        self.become_and_record(payment, OutgoingState::Aborted, Work::none())
            .await
    }

    /// The terms were asked for, and the answer may be lost: somebody has to
    /// make sure later that the Mojaloop Connector did not just transfer.
    pub(super) fn asked_for_terms(&self) -> Work {
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

    pub(super) fn refuse_if_stopped(&self) -> Result<(), PaymentError> {
        if self.stopped.load(Ordering::SeqCst) {
            return Err(PaymentError::new(
                ErrorCode::ServiceUnavailable,
                "no payments are made until the Mojaloop Connector is configured as it should be",
            ));
        }
        Ok(())
    }

    /// Completes the terms with what this bank charges. The caller stores them.
    pub(super) async fn keep_offer(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        quoted: QuotedTerms,
    ) -> Result<(), PaymentError> {
        let payer = &payment.payment.payer_account;
        let charged_on = quoted.terms;
        // [if use_cases has conversion]
        let charged_on = match &quoted.conversion {
            Some(conversion) => conversion.terms_of_payer()?,
            None => charged_on,
        };
        // [end]
        let payer_fee = self.fees.payer_fee(payer, charged_on).await?;
        payment.payment.offer = Some(Offer {
            payee: quoted.payee,
            payer_fee,
            terms: quoted.terms,
            // [if use_cases has conversion]
            conversion: quoted.conversion,
            // [end]
            expires_at: quoted.expires_at,
        });
        Ok(())
    }
}

pub(super) fn does_not_go_on() -> PaymentError {
    PaymentError::new(
        ErrorCode::ServiceUnavailable,
        "the Mojaloop Connector does not go on",
    )
}

fn same_request(
    known: Recorded<OutgoingPayment>,
    request: &OutgoingRequest,
) -> Result<(TransferId, Begin), PaymentError> {
    if known.payment.request.is_repeated_by(request) {
        return Ok((known.payment.transfer_id, Begin::Again));
    }
    Err(PaymentError::new(
        ErrorCode::ModifiedRequest,
        "another payment was asked for under this homeTransactionId",
    ))
}
