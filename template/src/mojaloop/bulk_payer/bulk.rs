//! The payer side of a bulk: what is said to customer and scheme about many
//! payments together. Money is none of its business: that is the payer side's,
//! one payment at a time.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};

use crate::{
    domain::{
        bulk::{check_items, check_length},
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
        payer::{KnownPayment, Payer, in_bulk::HeardInBulk},
        progress::Progress,
        steps::Begin,
        tasks::Tasks,
        turns::Turns,
    },
};

/// How many payments of one bulk are worked on at the same time.
const AT_ONCE: usize = 16;

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
            progress,
            turns: Turns::default(),
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
        if bulk.payment.has_expired(Timestamp::now()) {
            return self.close(bulk, expired()).await;
        }
        self.payer.open_in_bulk(&bulk.payment).await?;
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
        let _turn = self.turns.take(bulk_id).await?;
        let mut bulk = self.find_recorded(bulk_id).await?;
        if called_back == CalledBack::AtParties {
            let scheme_ids = items.iter().filter_map(BulkItemReport::scheme_transfer_id);
            let scheme_ids: Vec<_> = scheme_ids.collect();
            // If this is lost, the bulk expires without its terms.
            let accepted = self.connector.accept_parties(bulk_id, &scheme_ids).await;
            tracing::info!(%bulk_id, ?accepted, "confirming the payees");
            return Ok(());
        }
        let expires_at = bulk.payment.expires_at;
        let heard = HeardInBulk {
            expires_at,
            has_ended: called_back == CalledBack::Ended,
            accepted: match bulk.payment.accepted_again {
                true => Begin::Again,
                false => Begin::Fresh,
            },
        };
        let ours = items.into_iter().filter_map(|item| {
            let home = item.home_transaction_id()?;
            let transfer_id = bulk.payment.transfers.iter().find(|id| id.as_str() == home);
            Some((transfer_id?.clone(), item))
        });
        let results = stream::iter(ours.collect::<Vec<_>>())
            .map(|(transfer_id, item)| {
                let payer = self.payer.clone();
                let heard = heard.clone();
                async move { payer.hear_in_bulk(&transfer_id, &item, &heard).await }
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        // Every item is heard before an error asks for the callback once more.
        results.into_iter().collect::<Result<Vec<()>, _>>()?;
        if called_back == CalledBack::AtQuotes
            && bulk.payment.state() == BulkPaymentState::Requested
        {
            let work = Work::due(expires_at);
            self.become_and_record(&mut bulk, BulkPaymentState::Quoted, work)
                .await?;
        }
        if called_back == CalledBack::Ended && bulk.payment.state() < BulkPaymentState::Agreed {
            let ended =
                PaymentError::new(ErrorCode::PayeeError, "the scheme has given up the bulk");
            self.close(&mut bulk, ended).await?;
        }
        Ok(())
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
        match bulk.payment.state() {
            BulkPaymentState::Requested => {
                return Err(PaymentError::new(
                    ErrorCode::Unsupported,
                    "there are no terms to decide on yet: ask for the bulk until there are",
                ));
            }
            BulkPaymentState::Quoted if bulk.payment.has_expired(Timestamp::now()) => {
                self.close(&mut bulk, expired()).await?;
            }
            BulkPaymentState::Quoted => {
                bulk.payment.agreed = agreed;
                let work = self.progress.intended();
                self.become_and_record(&mut bulk, BulkPaymentState::Agreed, work)
                    .await?;
                self.secure(&mut bulk).await?;
            }
            _ if bulk.payment.agreed != agreed => {
                return Err(PaymentError::new(
                    ErrorCode::ModifiedRequest,
                    "the bulk was decided on otherwise, or has expired",
                ));
            }
            _ => {}
        }
        self.known(bulk).await
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
                        this.close(&mut bulk, expired()).await
                    }
                    BulkPaymentState::Agreed => this.secure(&mut bulk).await,
                    BulkPaymentState::Accepting => this.accept_again(&mut bulk).await,
                    _ => Ok(()),
                }
            })
            .await
    }

    /// Secures the money of what was agreed to. When that is settled for all, or
    /// has taken too long for some, the bulk is accepted.
    async fn secure(&self, bulk: &mut Recorded<BulkPayment>) -> Result<(), PaymentError> {
        let agreed = bulk.payment.agreed.clone();
        for transfer_id in &bulk.payment.transfers {
            if !agreed.contains(transfer_id) {
                self.payer.give_up_in_bulk(transfer_id, rejected()).await?;
            }
        }
        let secured = stream::iter(agreed)
            .map(|transfer_id| {
                let payer = self.payer.clone();
                async move { payer.agree_in_bulk(&transfer_id).await }
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        secured.into_iter().collect::<Result<Vec<()>, _>>()?;
        let now = Timestamp::now();
        let waits_until = bulk
            .payment
            .state_since
            .after(self.progress.patience().longest_attempt());
        let is_reserving = |known: &KnownPayment| known.payment.state() == OutgoingState::Reserving;
        let payments = self.payments(&bulk.payment).await?;
        let unsettled: Vec<_> = payments.iter().filter(|one| is_reserving(one)).collect();
        if !unsettled.is_empty() && now < waits_until && !bulk.payment.has_expired(now) {
            let reason = "the money of some payments is not secured yet".to_owned();
            return self.progress.postpone(bulk, reason).await;
        }
        for known in unsettled {
            let transfer_id = &known.payment.transfer_id;
            self.payer.give_up_in_bulk(transfer_id, too_late()).await?;
        }
        if bulk.payment.has_expired(now) {
            return self.close(bulk, expired()).await;
        }
        let work = self.progress.intended();
        self.become_and_record(bulk, BulkPaymentState::Accepting, work)
            .await?;
        self.accept(bulk, Begin::Fresh).await
    }

    /// Tells the Mojaloop Connector which payments to make: those whose money is
    /// secured. No payment becomes secured any more at this point.
    async fn accept(
        &self,
        bulk: &mut Recorded<BulkPayment>,
        begin: Begin,
    ) -> Result<(), PaymentError> {
        let payments = self.payments(&bulk.payment).await?;
        let decided = payments.iter().filter_map(|known| {
            let payment = &known.payment;
            let scheme_id = payment.bulk.as_ref()?.scheme_transfer_id.clone()?;
            payment.offer.as_ref()?;
            Some((scheme_id, payment.state() == OutgoingState::Accepting))
        });
        let decided: Vec<_> = decided.collect();
        if decided.is_empty() {
            return self
                .become_and_record(bulk, BulkPaymentState::Closed, Work::none())
                .await;
        }
        let bulk_id = bulk.payment.bulk_id.clone();
        match self.connector.accept_quotes(&bulk_id, &decided).await {
            BulkAnswer::Taken => {
                self.become_and_record(bulk, BulkPaymentState::Closed, Work::none())
                    .await
            }
            BulkAnswer::NotTaken(reason) if begin == Begin::Fresh => {
                tracing::warn!(%bulk_id, reason, "the bulk was not accepted");
                self.close(bulk, not_taken()).await
            }
            BulkAnswer::NotTaken(reason) | BulkAnswer::Unknown(reason) => {
                self.progress.postpone(bulk, reason).await
            }
        }
    }

    /// Nobody knows what came of the first acceptance. If the hub knows none of
    /// the payments, the bulk is accepted once more, as it was; from then on a
    /// failure that is called back may be that of the second one.
    async fn accept_again(&self, bulk: &mut Recorded<BulkPayment>) -> Result<(), PaymentError> {
        if bulk.payment.has_expired(Timestamp::now()) {
            // The payments that were accepted are found out about one by one.
            return self
                .become_and_record(bulk, BulkPaymentState::Closed, Work::none())
                .await;
        }
        let payments = self.payments(&bulk.payment).await?;
        for known in &payments {
            let Some(membership) = &known.payment.bulk else {
                continue;
            };
            match known.payment.state() {
                OutgoingState::Accepting => {}
                OutgoingState::Committing | OutgoingState::Completed => {
                    return self
                        .become_and_record(bulk, BulkPaymentState::Closed, Work::none())
                        .await;
                }
                _ => continue,
            }
            match self.payer.ask_hub_in_bulk(membership).await {
                HubView::NotKnown => {}
                HubView::Final(_) => {
                    return self
                        .become_and_record(bulk, BulkPaymentState::Closed, Work::none())
                        .await;
                }
                HubView::Undecided(reason) => return self.progress.postpone(bulk, reason).await,
            }
        }
        bulk.payment.accepted_again = true;
        self.progress.claim(bulk).await?;
        self.accept(bulk, Begin::Again).await
    }

    /// Nothing more will be said to the scheme: what is not accepted yet is
    /// given up.
    async fn close(
        &self,
        bulk: &mut Recorded<BulkPayment>,
        reason: PaymentError,
    ) -> Result<(), PaymentError> {
        for transfer_id in &bulk.payment.transfers {
            self.payer
                .give_up_in_bulk(transfer_id, reason.clone())
                .await?;
            self.payer
                .release_in_bulk(transfer_id, reason.clone())
                .await?;
        }
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

fn expired() -> PaymentError {
    PaymentError::new(ErrorCode::QuoteExpired, "the offer has expired")
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
