//! The payer side of a bulk: what is said to customer and scheme about many
//! payments together. Money is none of its business: that is the payer side's,
//! one payment at a time.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use tracing::{Instrument, error_span};

use crate::{
    domain::{
        bulk::{check_distinct, check_items, check_length},
        bulk_payment::{BulkPayment, BulkPaymentRequest, BulkPaymentState},
        error::{ErrorCode, PaymentError},
        outgoing::OutgoingState,
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Opened, Payment, Recorded, store::Direction, work::Work},
    mojaloop::{
        connector::{
            HubView, MojaloopConnector,
            bulk_transactions::{BulkAnswer, BulkItemReport},
        },
        payer::{
            KnownPayment, Payer,
            in_bulk::{AT_ONCE, HeardInBulk},
        },
        progress::Progress,
        steps::Begin,
        tasks::Tasks,
        turns::Turns,
    },
};

/// What bulks are limited to.
#[derive(Debug, Clone)]
pub struct Settings {
    pub max_items: usize,
    /// How long the payer may take to agree, and the scheme to transfer.
    pub lifetime: Duration,
}

/// The payer side of a bulk.
#[derive(Clone)]
pub struct BulkPayer {
    settings: Arc<Settings>,
    payer: Payer,
    connector: MojaloopConnector,
    progress: Progress<BulkPayment>,
    turns: Turns,
    tasks: Tasks,
}

/// A bulk, and its payments in the order of the request.
#[derive(Debug)]
pub struct KnownBulkPayment {
    pub bulk: BulkPayment,
    pub needs_decision: bool,
    pub payments: Vec<KnownPayment>,
}

/// Which of the payments the payer agrees to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    All(bool),
    /// Those that are not named are not agreed to.
    Each(Vec<(TransferId, bool)>),
}

/// How far the Mojaloop Connector says it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalledBack {
    /// It wants to know whether these are the right payees.
    AtParties,
    /// It wants to know which terms are agreed to.
    AtQuotes,
    /// It has not said how far.
    Underway,
    /// It will do nothing more.
    Ended,
}

impl Payment for BulkPayment {
    const DIRECTION: Direction = Direction::BulkPayment;

    fn transfer_id(&self) -> &TransferId {
        &self.bulk_id
    }

    fn home_transaction_id(&self) -> Option<&str> {
        Some(&self.request.home_transaction_id)
    }

    fn state_name(&self) -> &'static str {
        self.state().as_str()
    }

    fn state_since(&self) -> Timestamp {
        self.state_since
    }
}

impl BulkPayer {
    pub fn new(
        settings: Settings,
        payer: Payer,
        connector: MojaloopConnector,
        progress: Progress<BulkPayment>,
        tasks: Tasks,
    ) -> Self {
        Self {
            settings: Arc::new(settings),
            payer,
            connector,
            turns: progress.turns(),
            progress,
            tasks,
        }
    }

    /// Asks the scheme for the payees and the terms of a bulk. The same request
    /// (by the DFSP's own identifier) opens it once.
    pub async fn request(
        &self,
        request: BulkPaymentRequest,
    ) -> Result<KnownBulkPayment, PaymentError> {
        check_length(request.items.len(), self.settings.max_items)?;
        let this = self.clone();
        self.tasks
            .run(async move { this.request_once(request).await })
            .await
    }

    async fn request_once(
        &self,
        request: BulkPaymentRequest,
    ) -> Result<KnownBulkPayment, PaymentError> {
        let home = request.home_transaction_id.clone();
        let known = self.progress.find_by_home_transaction_id(&home).await?;
        let bulk_id = match known {
            Some(known) => same_request(known, &request)?,
            None => {
                let payer = self.payer.payer_of_bulk(&request).await?;
                let now = Timestamp::now();
                let expires_at = now.after(self.settings.lifetime);
                let bulk = BulkPayment::open(request.clone(), payer.account, now, expires_at);
                let opened = self.progress.open(bulk, Work::due(expires_at));
                match opened.await? {
                    Opened::New(opened) => opened.payment.bulk_id,
                    Opened::Known(known) => same_request(known, &request)?,
                }
            }
        };
        let _turn = self.turns.take(&bulk_id).await?;
        let mut bulk = self.find_recorded(&bulk_id).await?;
        if bulk.payment.state() == BulkPaymentState::Requested {
            self.ask_scheme(&mut bulk).await?;
        }
        self.known(bulk).await
    }

    /// No money is at stake yet, so this may be done again when nobody knows
    /// what came of it.
    async fn ask_scheme(&self, bulk: &mut Recorded<BulkPayment>) -> Result<(), PaymentError> {
        self.payer.open_in_bulk(&bulk.payment).await?;
        if bulk.payment.has_expired(Timestamp::now()) {
            return self.give_up(bulk, expired()).await;
        }
        let payer = self.payer.payer_of_bulk(&bulk.payment.request).await?;
        match self.connector.request_bulk(&bulk.payment, &payer).await {
            BulkAnswer::Taken => Ok(()),
            BulkAnswer::NotTaken(reason) | BulkAnswer::Unknown(reason) => Err(PaymentError::new(
                ErrorCode::ServiceUnavailable,
                "the Mojaloop Connector did not take the bulk: repeat the request",
            )
            .with_detail(reason)),
        }
    }

    /// The bulk as far as it is known here.
    pub async fn find(&self, bulk_id: &TransferId) -> Result<KnownBulkPayment, PaymentError> {
        let bulk = self.find_recorded(bulk_id).await?;
        if bulk.payment.state() == BulkPaymentState::Requested {
            // The connector may have died before it came to that.
            self.payer.open_in_bulk(&bulk.payment).await?;
        }
        self.known(bulk).await
    }

    async fn find_recorded(
        &self,
        bulk_id: &TransferId,
    ) -> Result<Recorded<BulkPayment>, PaymentError> {
        self.progress.find(bulk_id).await?.ok_or_else(|| {
            PaymentError::new(ErrorCode::TransferNotFound, "there is no such bulk here")
        })
    }

    async fn known(&self, bulk: Recorded<BulkPayment>) -> Result<KnownBulkPayment, PaymentError> {
        Ok(KnownBulkPayment {
            payments: self.payments(&bulk.payment).await?,
            needs_decision: bulk.work.parked.is_some(),
            bulk: bulk.payment,
        })
    }

    async fn payments(&self, bulk: &BulkPayment) -> Result<Vec<KnownPayment>, PaymentError> {
        let mut payments = Vec::with_capacity(bulk.transfers.len());
        for transfer_id in &bulk.transfers {
            payments.push(self.payer.find_payment(transfer_id).await?);
        }
        Ok(payments)
    }

    /// Takes a callback. What it says of the payments is stored, and acted on,
    /// before it is answered.
    pub async fn call_back(
        &self,
        bulk_id: TransferId,
        called_back: CalledBack,
        items: Vec<BulkItemReport>,
    ) -> Result<(), PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move { this.call_back_in_turn(&bulk_id, called_back, items).await })
            .await
    }

    async fn call_back_in_turn(
        &self,
        bulk_id: &TransferId,
        called_back: CalledBack,
        items: Vec<BulkItemReport>,
    ) -> Result<(), PaymentError> {
        check_reports(&items)?;
        let _turn = self.turns.take(bulk_id).await?;
        // The document of callbacks knows no 404.
        let mut bulk = self.progress.find(bulk_id).await?.ok_or_else(|| {
            PaymentError::new(ErrorCode::Unsupported, "there is no such bulk here")
        })?;
        if called_back == CalledBack::AtParties {
            let found = items
                .iter()
                .filter(|item| item.failure_before_acceptance().is_none());
            let scheme_ids: Vec<_> = found
                .filter_map(BulkItemReport::scheme_transfer_id)
                .collect();
            // If this is lost, the bulk expires without its terms.
            let accepted = self.connector.accept_parties(bulk_id, &scheme_ids).await;
            tracing::info!(%bulk_id, ?accepted, "confirming the payees");
            return Ok(());
        }
        let payments = &bulk.payment.transfers;
        let ours = items.into_iter().filter_map(|item| {
            let home = item.home_transaction_id()?;
            let transfer_id = payments.iter().find(|id| id.as_str() == home)?;
            let heard = HeardInBulk {
                expires_at: bulk.payment.expires_at,
                has_ended: called_back == CalledBack::Ended,
                was_accepted: bulk.payment.accepted.contains(transfer_id),
                acceptance: match bulk.payment.accepted_again {
                    true => Begin::Again,
                    false => Begin::Fresh,
                },
            };
            Some((transfer_id.clone(), item, heard))
        });
        let results = stream::iter(ours.collect::<Vec<_>>())
            .map(|(transfer_id, item, heard)| {
                let payer = self.payer.clone();
                let span = error_span!("payment", transfer_id = %transfer_id);
                async move { payer.hear_in_bulk(&transfer_id, &item, &heard).await }
                    .instrument(span)
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        // Every item is heard before an error asks for the callback once more.
        results.into_iter().collect::<Result<Vec<()>, _>>()?;
        match (called_back, bulk.payment.state()) {
            (CalledBack::AtQuotes, BulkPaymentState::Requested) => {
                let work = Work::due(bulk.payment.expires_at);
                self.become_and_record(&mut bulk, BulkPaymentState::Quoted, work)
                    .await
            }
            // Not accepted yet: that is stored before it is said.
            (
                CalledBack::Ended,
                BulkPaymentState::Requested | BulkPaymentState::Quoted | BulkPaymentState::Agreed,
            ) => self.give_up(&mut bulk, given_up_by_scheme()).await,
            _ => Ok(()),
        }
    }

    /// The payer agrees to some of the payments, or to all. The same decision
    /// gets the same answer again.
    pub async fn decide(
        &self,
        bulk_id: TransferId,
        decision: Decision,
    ) -> Result<KnownBulkPayment, PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move { this.decide_in_turn(&bulk_id, decision).await })
            .await
    }

    async fn decide_in_turn(
        &self,
        bulk_id: &TransferId,
        decision: Decision,
    ) -> Result<KnownBulkPayment, PaymentError> {
        let _turn = self.turns.take(bulk_id).await?;
        let mut bulk = self.find_recorded(bulk_id).await?;
        let agreed = agreed(&bulk.payment, decision)?;
        if bulk.payment.agreed.is_none() {
            self.take_decision(&mut bulk, agreed.clone()).await?;
        }
        match &bulk.payment.agreed {
            Some(decided) if *decided == agreed => self.known(bulk).await.map_err(outcome_unknown),
            Some(_) => Err(PaymentError::new(
                ErrorCode::ModifiedRequest,
                "the payer has decided otherwise on this bulk",
            )),
            None => Err(bulk.payment.failure.unwrap_or_else(expired)),
        }
    }

    /// The first decision counts, if it is in time.
    async fn take_decision(
        &self,
        bulk: &mut Recorded<BulkPayment>,
        agreed: Vec<TransferId>,
    ) -> Result<(), PaymentError> {
        match bulk.payment.state() {
            BulkPaymentState::Requested => Err(PaymentError::new(
                ErrorCode::Unsupported,
                "there are no terms to decide on yet: ask for the bulk until there are",
            )),
            BulkPaymentState::Quoted if bulk.payment.has_expired(Timestamp::now()) => {
                self.give_up(bulk, expired()).await
            }
            BulkPaymentState::Quoted if self.has_unnamed(&bulk.payment).await? => {
                self.give_up(bulk, unnamed()).await
            }
            BulkPaymentState::Quoted => {
                bulk.payment.agreed = Some(agreed);
                let work = self.progress.intended();
                let next = BulkPaymentState::Agreed;
                self.become_and_record(bulk, next, work)
                    .await
                    .map_err(outcome_unknown)?;
                self.secure(bulk).await.map_err(outcome_unknown)
            }
            _ => Ok(()),
        }
    }

    /// Whether the Mojaloop Connector has left out a payment. It may have terms
    /// for it, and would transfer what cannot be rejected by name.
    async fn has_unnamed(&self, bulk: &BulkPayment) -> Result<bool, PaymentError> {
        let payments = self.payments(bulk).await?;
        Ok(payments.iter().any(|known| {
            let membership = known.payment.bulk.as_ref();
            let is_named = membership.is_some_and(|bulk| bulk.scheme_transfer_id.is_some());
            known.payment.state() == OutgoingState::Requested && !is_named
        }))
    }

    /// Goes on with a bulk that an earlier process left, or that is due.
    pub async fn resume(&self, bulk_id: &TransferId) -> Result<(), PaymentError> {
        let this = self.clone();
        let bulk_id = bulk_id.clone();
        self.tasks
            .run(async move {
                let _turn = this.turns.take(&bulk_id).await?;
                let Some(mut bulk) = this.progress.find(&bulk_id).await? else {
                    return Ok(());
                };
                let has_expired = bulk.payment.has_expired(Timestamp::now());
                match bulk.payment.state() {
                    BulkPaymentState::Requested | BulkPaymentState::Quoted if has_expired => {
                        this.payer.open_in_bulk(&bulk.payment).await?;
                        this.give_up(&mut bulk, expired()).await
                    }
                    BulkPaymentState::Agreed => this.secure(&mut bulk).await,
                    BulkPaymentState::Accepting => this.accept_again(&mut bulk).await,
                    BulkPaymentState::GivingUp => this.give_back(&mut bulk).await,
                    _ => Ok(()),
                }
            })
            .await
    }

    /// Secures the money of what was agreed to. When that is settled for all, or
    /// has taken too long for some, the bulk is accepted.
    async fn secure(&self, bulk: &mut Recorded<BulkPayment>) -> Result<(), PaymentError> {
        let agreed = bulk.payment.agreed.clone().unwrap_or_default();
        for transfer_id in &bulk.payment.transfers {
            if !agreed.contains(transfer_id) {
                self.payer.give_up_in_bulk(transfer_id, rejected()).await?;
            }
        }
        let secured = stream::iter(agreed)
            .map(|transfer_id| {
                let payer = self.payer.clone();
                let span = error_span!("payment", transfer_id = %transfer_id);
                async move { payer.agree_in_bulk(&transfer_id).await }.instrument(span)
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        secured.into_iter().collect::<Result<Vec<()>, _>>()?;
        let payments = self.payments(&bulk.payment).await?;
        let unsettled: Vec<_> = payments
            .into_iter()
            .filter(|known| known.payment.state() == OutgoingState::Reserving)
            .collect();
        let now = Timestamp::now();
        let longest_attempt = self.progress.patience().longest_attempt();
        let waits_until = bulk.payment.state_since.after(longest_attempt);
        if !unsettled.is_empty() && now < waits_until && !bulk.payment.has_expired(now) {
            let work = self.progress.intended();
            return self.progress.record(bulk, work).await;
        }
        for known in unsettled {
            let transfer_id = &known.payment.transfer_id;
            self.payer.give_up_in_bulk(transfer_id, too_late()).await?;
        }
        // From here on no payment becomes secured any more.
        if bulk.payment.has_expired(now) {
            return self.give_up(bulk, expired()).await;
        }
        let mut accepted = Vec::new();
        for known in self.payments(&bulk.payment).await? {
            let payment = &known.payment;
            if payment.state() != OutgoingState::Accepting || known.needs_decision {
                continue;
            }
            let offer = payment.offer.as_ref();
            if offer.is_none_or(|offer| offer.expires_at <= now) {
                let transfer_id = &payment.transfer_id;
                self.payer.release_in_bulk(transfer_id, expired()).await?;
            } else {
                accepted.push(payment.transfer_id.clone());
            }
        }
        bulk.payment.accepted = accepted;
        let work = self.progress.intended();
        self.become_and_record(bulk, BulkPaymentState::Accepting, work)
            .await?;
        self.accept(bulk, Begin::Fresh).await
    }

    /// Tells the Mojaloop Connector which payments to make, and which not: it
    /// makes every one that is not rejected by name.
    async fn accept(
        &self,
        bulk: &mut Recorded<BulkPayment>,
        begin: Begin,
    ) -> Result<(), PaymentError> {
        let payments = self.payments(&bulk.payment).await?;
        let decided = payments.into_iter().filter_map(|known| {
            let is_accepted = bulk.payment.accepted.contains(&known.payment.transfer_id);
            let scheme_id = known.payment.bulk?.scheme_transfer_id?;
            Some((scheme_id, is_accepted))
        });
        let decided: Vec<_> = decided.collect();
        let is_accepted = !bulk.payment.accepted.is_empty();
        let bulk_id = bulk.payment.bulk_id.clone();
        let answer = match decided.is_empty() {
            true => BulkAnswer::Taken,
            false => self.connector.accept_quotes(&bulk_id, &decided).await,
        };
        match answer {
            BulkAnswer::NotTaken(reason) if is_accepted && begin == Begin::Fresh => {
                tracing::warn!(%bulk_id, %reason, "the bulk was not accepted");
                self.give_up(bulk, not_taken()).await
            }
            BulkAnswer::NotTaken(reason) | BulkAnswer::Unknown(reason) if is_accepted => {
                self.progress.postpone(bulk, reason).await
            }
            // Nothing depends on an answer to rejections alone.
            _ => self.close(bulk).await,
        }
    }

    /// Nobody knows what came of the first acceptance. If the hub knows none of
    /// the payments, the bulk is accepted once more, as it was; from then on a
    /// failure that is called back may be that of the second one.
    async fn accept_again(&self, bulk: &mut Recorded<BulkPayment>) -> Result<(), PaymentError> {
        let now = Timestamp::now();
        if bulk.payment.has_expired(now) {
            // The payments that were accepted are found out about one by one.
            return self.close(bulk).await;
        }
        for known in self.payments(&bulk.payment).await? {
            let payment = &known.payment;
            if !bulk.payment.accepted.contains(&payment.transfer_id) {
                continue;
            }
            if payment
                .offer
                .as_ref()
                .is_none_or(|offer| offer.expires_at <= now)
            {
                // Nobody is bound to its terms any more.
                return self.close(bulk).await;
            }
            let membership = payment.bulk.as_ref();
            let Some(membership) =
                membership.filter(|_| payment.state() == OutgoingState::Accepting)
            else {
                // What came of it has been heard.
                return self.close(bulk).await;
            };
            match self.payer.ask_hub_in_bulk(membership).await {
                HubView::NotKnown => {}
                HubView::Final(_) => return self.close(bulk).await,
                HubView::Undecided(reason) => return self.progress.postpone(bulk, reason).await,
            }
        }
        bulk.payment.accepted_again = true;
        self.progress.claim(bulk).await?;
        self.accept(bulk, Begin::Again).await
    }

    /// The bulk is certainly not accepted, and will not be.
    async fn give_up(
        &self,
        bulk: &mut Recorded<BulkPayment>,
        reason: PaymentError,
    ) -> Result<(), PaymentError> {
        bulk.payment.failure = Some(reason);
        let work = self.progress.intended();
        self.become_and_record(bulk, BulkPaymentState::GivingUp, work)
            .await?;
        self.give_back(bulk).await
    }

    async fn give_back(&self, bulk: &mut Recorded<BulkPayment>) -> Result<(), PaymentError> {
        let reason = bulk.payment.failure.clone().unwrap_or_else(expired);
        for transfer_id in &bulk.payment.transfers {
            self.payer
                .give_up_in_bulk(transfer_id, reason.clone())
                .await?;
            self.payer
                .release_in_bulk(transfer_id, reason.clone())
                .await?;
        }
        self.close(bulk).await
    }

    async fn close(&self, bulk: &mut Recorded<BulkPayment>) -> Result<(), PaymentError> {
        self.become_and_record(bulk, BulkPaymentState::Closed, Work::none())
            .await
    }

    async fn become_and_record(
        &self,
        bulk: &mut Recorded<BulkPayment>,
        next: BulkPaymentState,
        work: Work,
    ) -> Result<(), PaymentError> {
        bulk.payment.advance_to(next, Timestamp::now())?;
        self.progress.record(bulk, work).await
    }
}

fn same_request(
    known: Recorded<BulkPayment>,
    request: &BulkPaymentRequest,
) -> Result<TransferId, PaymentError> {
    if known.payment.request == *request {
        return Ok(known.payment.bulk_id);
    }
    Err(PaymentError::new(
        ErrorCode::ModifiedRequest,
        "another bulk was asked for under this homeTransactionId",
    ))
}

/// The payments that are agreed to, in the order of the bulk.
fn agreed(bulk: &BulkPayment, decision: Decision) -> Result<Vec<TransferId>, PaymentError> {
    let decided = match decision {
        Decision::All(true) => return Ok(bulk.transfers.clone()),
        Decision::All(false) => return Ok(Vec::new()),
        Decision::Each(decided) => decided,
    };
    check_items(decided.iter().map(|(id, _)| id), bulk.transfers.len())?;
    if decided.iter().any(|(id, _)| !bulk.transfers.contains(id)) {
        return Err(PaymentError::new(
            ErrorCode::TransferNotFound,
            "there is no such payment in this bulk",
        ));
    }
    let is_agreed = |id: &&TransferId| decided.iter().any(|(one, accept)| one == *id && *accept);
    Ok(bulk.transfers.iter().filter(is_agreed).cloned().collect())
}

/// Refuses a callback in which one payment, or one name of the scheme, comes
/// twice: which of the two is meant cannot be told.
fn check_reports(items: &[BulkItemReport]) -> Result<(), PaymentError> {
    let homes: Vec<_> = items
        .iter()
        .filter_map(BulkItemReport::home_transaction_id)
        .collect();
    let names: Vec<_> = items
        .iter()
        .filter_map(BulkItemReport::scheme_transfer_id)
        .collect();
    check_distinct(homes.iter())?;
    check_distinct(names.iter())
}

/// The journal failed after the decision, or while it was stored. Bank or scheme
/// may have acted, so this must not look like payments that were not made.
fn outcome_unknown(error: PaymentError) -> PaymentError {
    let detail = error.detail().unwrap_or_default();
    PaymentError::new(
        ErrorCode::Timeout,
        "the outcome is not known yet: ask GET /bulk-payments/{bulkId} before doing anything",
    )
    .with_detail(format!("{error}: {detail}"))
}

fn expired() -> PaymentError {
    PaymentError::new(ErrorCode::QuoteExpired, "the offer has expired")
}

fn given_up_by_scheme() -> PaymentError {
    PaymentError::new(ErrorCode::PayeeError, "the scheme has given up the bulk")
}

fn unnamed() -> PaymentError {
    PaymentError::new(
        ErrorCode::Internal,
        "the Mojaloop Connector does not name all transfers of the bulk",
    )
}

fn rejected() -> PaymentError {
    PaymentError::new(ErrorCode::PayerRejected, "the payer rejected the payment")
}

fn too_late() -> PaymentError {
    PaymentError::new(
        ErrorCode::Timeout,
        "the payer's money could not be secured in time",
    )
}

fn not_taken() -> PaymentError {
    PaymentError::new(
        ErrorCode::ServiceUnavailable,
        "the Mojaloop Connector did not take the acceptance",
    )
}
