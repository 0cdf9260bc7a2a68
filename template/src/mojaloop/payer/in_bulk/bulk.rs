//! A payment that belongs to a bulk. It has the states, the steps and the rules
//! of every outgoing payment. Two things are different: it is not accepted or
//! rejected alone, and what became of it is called back.

use futures_util::{StreamExt, stream};

use crate::{
    core_banking::port::Refusal,
    domain::{
        bulk_payment::{BulkMembership, BulkPayment, BulkPaymentItem, BulkPaymentRequest},
        error::{ErrorCode, PaymentError},
        incoming::FinalState,
        outgoing::{OutgoingPayment, OutgoingRequest, OutgoingState, UseCase},
        party::Customer,
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Recorded, work::Work},
    mojaloop::{
        connector::{
            HubView, QuotedTerms,
            bulk_transactions::{BulkItemReport, ItemOutcome},
        },
        payer::{Payer, debiting, paying::has_expired},
        steps::Begin,
    },
};

/// How many payments of one bulk are worked on at the same time.
pub const AT_ONCE: usize = 16;

/// What is added to the reason why a person has to decide.
const SAID_WHILE_PARKED: &str = "; since then the scheme says that it has transferred";

/// A callback about a bulk, as far as it is about each of its payments.
#[derive(Debug, Clone)]
pub struct HeardInBulk {
    /// Until when the terms bind.
    pub expires_at: Timestamp,
    /// The Mojaloop Connector will do nothing more.
    pub has_ended: bool,
    /// The Mojaloop Connector was told, or is being told, to make the payment.
    pub was_accepted: bool,
    /// Whether it was told so once, or may have been twice.
    pub acceptance: Begin,
}

impl Payer {
    /// The customer that sends a bulk, if he can.
    pub async fn payer_of_bulk(
        &self,
        request: &BulkPaymentRequest,
    ) -> Result<Customer, PaymentError> {
        self.refuse_if_stopped()?;
        self.required_information
            .check_payer(&request.payer_information())?;
        debiting::check_payer(&request.payer)?;
        let payer = self.find_payer(&request.payer).await?;
        let is_own = |item: &BulkPaymentItem| item.amount.currency() == payer.currency;
        if !request.items.iter().all(is_own) {
            return Err(Refusal::CurrencyNotSupported.of_payer());
        }
        Ok(payer)
    }

    /// Opens the payments of a bulk, each once. Whoever looks after the bulk
    /// looks after them until they are agreed to.
    pub async fn open_in_bulk(&self, bulk: &BulkPayment) -> Result<(), PaymentError> {
        let payments = bulk.transfers.iter().zip(&bulk.request.items);
        let payments: Vec<_> = payments
            .map(|(transfer_id, item)| payment_of(bulk, transfer_id, item))
            .collect();
        let opened = stream::iter(payments)
            .map(|payment| self.progress.open(payment, Work::none()))
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        opened.into_iter().try_for_each(|opened| opened.map(drop))
    }

    /// Takes what was called back about a payment: its terms, or what became of
    /// it.
    pub async fn hear_in_bulk(
        &self,
        transfer_id: &TransferId,
        report: &BulkItemReport,
        heard: &HeardInBulk,
    ) -> Result<(), PaymentError> {
        let _turn = self.turns.take(transfer_id).await?;
        let mut payment = self.find_recorded(transfer_id).await?;
        if payment.work.parked.is_some() {
            return self.hear_while_parked(&mut payment, report).await;
        }
        if let Some(membership) = &mut payment.payment.bulk
            && membership.scheme_transfer_id.is_none()
        {
            membership.scheme_transfer_id = report.scheme_transfer_id();
        }
        // As long as the bulk goes on, an error is not the last word.
        let outcome = report
            .outcome()
            .filter(|outcome| heard.has_ended || outcome.is_said_committed());
        let is_said_committed = outcome.as_ref().is_some_and(ItemOutcome::is_said_committed);
        match (payment.payment.state(), outcome) {
            // Nobody here has told it to: neither is the bulk to be given up then.
            (OutgoingState::Accepting, Some(ItemOutcome::SaidCommitted)) if !heard.was_accepted => {
                self.stop_because_of_auto_accept(&mut payment).await
            }
            (OutgoingState::Accepting, Some(outcome)) => {
                self.hear_outcome(&mut payment, outcome, heard.acceptance)
                    .await
            }
            (OutgoingState::Committing | OutgoingState::Completed, _) => Ok(()),
            _ if is_said_committed && heard.was_accepted => {
                let reason = "the scheme named a failure first, and now says that it has \
                              transferred: reconcile by hand";
                self.park(&mut payment, reason).await
            }
            _ if is_said_committed => self.stop_because_of_auto_accept(&mut payment).await,
            (OutgoingState::Requested, _) => {
                self.hear_terms(&mut payment, report, heard.expires_at)
                    .await
            }
            _ => Ok(()),
        }
    }

    /// A person is to decide, unless the scheme has proven that it transferred:
    /// the money is secured, and there is nothing left to decide then. What is
    /// said without proof is told to the person.
    async fn hear_while_parked(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        report: &BulkItemReport,
    ) -> Result<(), PaymentError> {
        let outcome = report.outcome();
        match (payment.payment.state(), outcome) {
            (OutgoingState::Accepting, Some(ItemOutcome::Committed)) => {
                self.act_on(payment, FinalState::Committed).await?;
                self.advance(payment, Begin::Fresh).await
            }
            // That it was transferred is known.
            (OutgoingState::Committing, _) => Ok(()),
            (_, Some(outcome)) if outcome.is_said_committed() => {
                let reason = payment.work.parked.clone().unwrap_or_default();
                if reason.ends_with(SAID_WHILE_PARKED) {
                    return Ok(());
                }
                self.park(payment, reason + SAID_WHILE_PARKED).await
            }
            _ => Ok(()),
        }
    }

    async fn hear_terms(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        report: &BulkItemReport,
        expires_at: Timestamp,
    ) -> Result<(), PaymentError> {
        let membership = payment.payment.bulk.as_ref();
        let is_named = membership.is_some_and(|bulk| bulk.scheme_transfer_id.is_some());
        let failure = match (
            report
                .terms(&payment.payment, expires_at)
                .map(|terms| self.with_known_payee_in_bulk(of_what_was_asked(terms?)?)),
            report.failure_before_acceptance(),
        ) {
            // It cannot be rejected by name, so its bulk must not be accepted:
            // the payment stays as it is until that is decided.
            (Some(_), _) if !is_named => return Ok(()),
            (Some(Ok(quoted)), None) => {
                // [if payer_steps is three_steps]
                payment.payment.payee = Some(quoted.payee.clone());
                // [end]
                let offer_expires_at = quoted.expires_at;
                self.keep_offer(payment, quoted).await?;
                // [if payer_steps is three_steps]
                // The payee is told together with the terms.
                payment
                    .payment
                    .advance_to(OutgoingState::Found, Timestamp::now())?;
                // [end]
                let work = Work::due(offer_expires_at);
                return self
                    .become_and_record(payment, OutgoingState::Quoted, work)
                    .await;
            }
            (_, Some(failure)) | (Some(Err(failure)), None) => failure,
            (None, None) => {
                let work = payment.work.clone();
                return self.progress.record(payment, work).await;
            }
        };
        self.abort_before_terms(payment, failure).await
    }

    /// A payee of whom too little is known is not paid.
    fn with_known_payee_in_bulk(&self, quoted: QuotedTerms) -> Result<QuotedTerms, PaymentError> {
        self.check_payee(&quoted.payee)?;
        Ok(quoted)
    }

    /// The same rules as for the answer to a payment that was accepted alone:
    /// proof moves money, and a failure is believed once.
    async fn hear_outcome(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        outcome: ItemOutcome,
        begin: Begin,
    ) -> Result<(), PaymentError> {
        match (outcome, begin) {
            (ItemOutcome::Committed, _) => {
                self.act_on(payment, FinalState::Committed).await?;
            }
            (ItemOutcome::Failed(failure), Begin::Fresh) => {
                self.begin_releasing(payment, failure).await?;
            }
            (ItemOutcome::SaidCommitted | ItemOutcome::Failed(_) | ItemOutcome::Unknown, _) => {
                return self.advance(payment, Begin::Again).await;
            }
        }
        self.advance(payment, Begin::Fresh).await
    }

    /// The payer agreed to the terms: the money is secured. The payment then
    /// waits until the whole bulk is accepted.
    pub async fn agree_in_bulk(&self, transfer_id: &TransferId) -> Result<(), PaymentError> {
        let _turn = self.turns.take(transfer_id).await?;
        let mut payment = self.find_recorded(transfer_id).await?;
        match payment.payment.state() {
            OutgoingState::Quoted => self.agree(&mut payment).await,
            OutgoingState::Reserving => self.advance(&mut payment, Begin::Again).await,
            OutgoingState::Requested => self.abort_before_terms(&mut payment, no_terms()).await,
            _ => Ok(()),
        }
    }

    /// The payment will not be accepted. What is being reserved is given back
    /// once it is known.
    pub async fn give_up_in_bulk(
        &self,
        transfer_id: &TransferId,
        reason: PaymentError,
    ) -> Result<(), PaymentError> {
        let _turn = self.turns.take(transfer_id).await?;
        let mut payment = self.find_recorded(transfer_id).await?;
        match payment.payment.state() {
            _ if payment.work.parked.is_some() => Ok(()),
            OutgoingState::Requested => self.abort_before_terms(&mut payment, reason).await,
            OutgoingState::Quoted => {
                self.begin_rejecting(&mut payment, reason).await?;
                self.advance(&mut payment, Begin::Fresh).await
            }
            OutgoingState::Reserving => {
                payment.payment.failure.get_or_insert(reason);
                let work = payment.work.clone();
                self.progress.record(&mut payment, work).await
            }
            _ => Ok(()),
        }
    }

    /// The bulk was certainly not accepted, and will not be: what was secured
    /// for this payment is given back.
    pub async fn release_in_bulk(
        &self,
        transfer_id: &TransferId,
        reason: PaymentError,
    ) -> Result<(), PaymentError> {
        let _turn = self.turns.take(transfer_id).await?;
        let mut payment = self.find_recorded(transfer_id).await?;
        let is_secured = payment.payment.state() == OutgoingState::Accepting;
        if !is_secured || payment.work.parked.is_some() {
            return Ok(());
        }
        self.begin_releasing(&mut payment, reason).await?;
        self.advance(&mut payment, Begin::Fresh).await
    }

    /// A payment whose money is secured waits for its bulk to be accepted, and
    /// for the callback. If that does not come, the hub is asked. That the hub
    /// does not know it proves nothing: in a bulk the Mojaloop Connector makes
    /// the identifiers, and the transfers, when it likes.
    pub(in crate::mojaloop::payer) async fn wait_for_bulk(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        membership: &BulkMembership,
        begin: Begin,
    ) -> Result<(), PaymentError> {
        if begin == Begin::Fresh {
            return Ok(());
        }
        self.progress.claim(payment).await?;
        let reason = match self.ask_hub_in_bulk(membership).await {
            HubView::NotKnown if !has_expired(&payment.payment, Timestamp::now()) => {
                // There is nothing strange about that yet.
                let again_at = Timestamp::now().after(self.settings.connector_answers_within);
                return self.progress.record(payment, Work::due(again_at)).await;
            }
            HubView::NotKnown => "the hub does not know the transfer".to_owned().into(),
            HubView::Undecided(reason) => reason,
            HubView::Final(told) => return self.act_on(payment, told).await,
        };
        self.progress.postpone(payment, reason).await
    }

    /// What the hub says of a payment under the name that it has there.
    pub async fn ask_hub_in_bulk(&self, membership: &BulkMembership) -> HubView {
        match &membership.scheme_transfer_id {
            Some(transfer_id) => self.connector.find_out(transfer_id).await,
            None => HubView::undecided("the transfer has no name at the scheme"),
        }
    }
}

fn payment_of(
    bulk: &BulkPayment,
    transfer_id: &TransferId,
    item: &BulkPaymentItem,
) -> OutgoingPayment {
    let request = OutgoingRequest {
        use_case: UseCase::SendMoney,
        home_transaction_id: None,
        channel: None,
        payer: bulk.request.payer.clone(),
        payer_details: bulk.request.payer_details.clone(),
        payee: item.payee.clone(),
        // [if payer_steps is one_step]
        payee_name: None,
        // [end]
        amount_type: item.amount_type,
        amount: item.amount,
        // [if use_cases has conversion]
        other_currency: None,
        // [end]
        transaction_type: "TRANSFER".to_owned(),
        purpose_code: bulk.request.purpose_code.clone(),
        // [if use_cases has request_to_pay]
        in_answer_to: None,
        // [end]
    };
    let mut payment = OutgoingPayment::open(request, bulk.payer_account.clone(), bulk.opened_at);
    payment.transfer_id = transfer_id.clone();
    payment.bulk = Some(BulkMembership {
        bulk_id: bulk.bulk_id.clone(),
        scheme_transfer_id: None,
    });
    payment
}

/// The Mojaloop Connector transfers what a payment of a bulk was asked for,
/// whatever its terms say.
fn of_what_was_asked(quoted: QuotedTerms) -> Result<QuotedTerms, PaymentError> {
    if quoted.terms.transfer_amount() == quoted.terms.amount() {
        return Ok(quoted);
    }
    Err(PaymentError::new(
        ErrorCode::QuoteRefused,
        "the terms transfer another amount than was asked for, which a bulk cannot",
    ))
}

fn no_terms() -> PaymentError {
    PaymentError::new(
        ErrorCode::PayeeError,
        "the scheme has no terms for this payment",
    )
}
// [if payer_steps is not one_step]

/// A payment of a bulk is decided on together with the others.
pub fn refuse_alone(payment: &OutgoingPayment) -> Result<(), PaymentError> {
    match payment.bulk {
        None => Ok(()),
        Some(_) => Err(PaymentError::new(
            ErrorCode::Unsupported,
            "the payment belongs to a bulk: decide on it there",
        )),
    }
}
// [end]
