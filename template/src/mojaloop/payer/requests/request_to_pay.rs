//! Requests to pay that reach customers of this DFSP: kept, shown to the bank's
//! channels, and decided on. Accepting one begins an ordinary payment; this
//! module moves no money.

use std::{sync::Arc, time::Duration};

use crate::{
    core_banking::port::Refusal,
    domain::{
        error::{ErrorCode, PaymentError},
        identifier::PartyIdentifier,
        outgoing::OutgoingRequest,
        received_request::{PaymentDemand, ReceivedRequest, ReceivedRequestState},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Journal, Opened, Recorded, work::Work},
    mojaloop::{
        payer::{Payer, debiting},
        progress::Progress,
        recovery::look_after,
        turns::Turns,
    },
};

/// How many undecided requests are looked through for those of one customer.
const MAX_SEARCHED: usize = 1_000;

/// How many are listed at a time, those that expire first.
const MAX_LISTED: usize = 100;

/// The requests to pay that reach customers of this DFSP.
#[derive(Clone)]
pub struct ReceivedRequests {
    payer: Payer,
    journal: Journal<ReceivedRequest>,
    progress: Progress<ReceivedRequest>,
    turns: Turns,
    /// How long a customer may take to decide.
    lifetime: Arc<Duration>,
}

impl ReceivedRequests {
    pub fn new(
        payer: Payer,
        journal: Journal<ReceivedRequest>,
        progress: Progress<ReceivedRequest>,
        lifetime: Duration,
    ) -> Self {
        Self {
            payer,
            journal,
            turns: progress.turns(),
            progress,
            lifetime: Arc::new(lifetime),
        }
    }

    /// Takes a request, for the customer to decide on. The same request gets
    /// the same answer again.
    pub async fn receive(&self, demand: PaymentDemand) -> Result<ReceivedRequest, PaymentError> {
        let this = self.clone();
        self.payer
            .tasks
            .run(async move { this.receive_in_turn(demand).await })
            .await
    }

    async fn receive_in_turn(
        &self,
        demand: PaymentDemand,
    ) -> Result<ReceivedRequest, PaymentError> {
        let id = demand.transaction_request_id.clone();
        let _turn = self.turns.take(&id).await?;
        if let Some(known) = self.progress.find(&id).await? {
            return same_demand(known, &demand);
        }
        let now = Timestamp::now();
        let latest = now.after(*self.lifetime);
        let expires_at = demand.expires_at.map_or(latest, |asked| asked.min(latest));
        if expires_at <= now {
            return Err(expired());
        }
        debiting::check_payer(&demand.payer)?;
        let customer = self.payer.find_payer(&demand.payer).await?;
        if customer.currency != demand.amount.currency() {
            return Err(Refusal::CurrencyNotSupported.of_payer());
        }
        let name = customer.display_name();
        let request = ReceivedRequest::open(demand.clone(), name, expires_at, now);
        match self.progress.open(request, Work::due(expires_at)).await? {
            Opened::New(opened) => Ok(opened.payment),
            Opened::Known(known) => same_demand(known, &demand),
        }
    }

    /// The request as far as it is known here.
    pub async fn find(&self, id: &TransferId) -> Result<ReceivedRequest, PaymentError> {
        Ok(self.find_recorded(id).await?.payment)
    }

    pub async fn is_known(&self, id: &TransferId) -> Result<bool, PaymentError> {
        Ok(self.progress.find(id).await?.is_some())
    }

    /// The requests that wait for a decision, those that expire first; of one
    /// customer, or of all.
    pub async fn undecided(
        &self,
        payer: Option<&PartyIdentifier>,
    ) -> Result<Vec<ReceivedRequest>, PaymentError> {
        let now = Timestamp::now();
        let waiting = self.journal.due(Timestamp::end_of_time(), MAX_SEARCHED);
        let mut undecided = Vec::new();
        for due in waiting.await? {
            let Some(found) = self.progress.find(&due.transfer_id).await? else {
                continue;
            };
            let request = found.payment;
            let of_payer = payer.is_none_or(|payer| request.demand.payer.is_same_party(payer));
            let waits = request.state() == ReceivedRequestState::Received;
            if of_payer && waits && request.expires_at > now {
                undecided.push(request);
            }
            if undecided.len() == MAX_LISTED {
                break;
            }
        }
        Ok(undecided)
    }

    /// The customer pays: the payment to begin. The same decision gets the
    /// same payment again.
    pub async fn accept(&self, id: TransferId) -> Result<OutgoingRequest, PaymentError> {
        let this = self.clone();
        self.payer
            .tasks
            .run(async move { this.accept_in_turn(&id).await })
            .await
    }

    async fn accept_in_turn(&self, id: &TransferId) -> Result<OutgoingRequest, PaymentError> {
        let _turn = self.turns.take(id).await?;
        let mut request = self.find_recorded(id).await?;
        self.expire_in_time(&mut request).await?;
        match request.payment.state() {
            ReceivedRequestState::Received => {
                self.become_and_record(&mut request, ReceivedRequestState::Accepted, Work::none())
                    .await?;
            }
            ReceivedRequestState::Accepted => {
                // The payment may not have been begun, because the bank was away.
                let has_expired = request.payment.expires_at <= Timestamp::now();
                let begun = self.payer.progress.find(&request.payment.transaction_id);
                if has_expired && begun.await?.is_none() {
                    return Err(expired());
                }
            }
            ReceivedRequestState::Rejecting | ReceivedRequestState::Rejected => {
                return Err(PaymentError::new(
                    ErrorCode::ModifiedRequest,
                    "the customer has rejected this request",
                ));
            }
            ReceivedRequestState::Expired => return Err(expired()),
        }
        Ok(request.payment.payment())
    }

    /// The customer does not pay, and the payee's FSP is told so.
    pub async fn reject(&self, id: TransferId) -> Result<ReceivedRequest, PaymentError> {
        let this = self.clone();
        self.payer
            .tasks
            .run(async move { this.reject_in_turn(&id).await })
            .await
    }

    async fn reject_in_turn(&self, id: &TransferId) -> Result<ReceivedRequest, PaymentError> {
        let _turn = self.turns.take(id).await?;
        let mut request = self.find_recorded(id).await?;
        self.expire_in_time(&mut request).await?;
        match request.payment.state() {
            ReceivedRequestState::Received => {
                let work = self.progress.intended();
                self.become_and_record(&mut request, ReceivedRequestState::Rejecting, work)
                    .await?;
                self.tell_of_rejection(&mut request).await?;
            }
            ReceivedRequestState::Rejecting | ReceivedRequestState::Rejected => {}
            ReceivedRequestState::Accepted => {
                return Err(PaymentError::new(
                    ErrorCode::ModifiedRequest,
                    "the customer has accepted this request: reject the payment",
                ));
            }
            ReceivedRequestState::Expired => return Err(expired()),
        }
        Ok(request.payment)
    }

    /// Tells the Mojaloop Connector that the customer does not pay. It was
    /// never told to transfer, so nothing depends on its answer.
    async fn tell_of_rejection(
        &self,
        request: &mut Recorded<ReceivedRequest>,
    ) -> Result<(), PaymentError> {
        let id = &request.payment.demand.transaction_request_id;
        match self.payer.connector.decline_request(id).await {
            Err(reason) if request.payment.expires_at > Timestamp::now() => {
                self.progress.postpone(request, reason).await
            }
            _ => {
                self.become_and_record(request, ReceivedRequestState::Rejected, Work::none())
                    .await
            }
        }
    }

    /// Goes on with a request that an earlier process left, or that is due.
    pub async fn resume(&self, id: &TransferId) -> Result<(), PaymentError> {
        let _turn = self.turns.take(id).await?;
        let Some(mut request) = self.progress.find(id).await? else {
            return Ok(());
        };
        self.expire_in_time(&mut request).await?;
        if request.payment.state() == ReceivedRequestState::Rejecting
            && request.work.parked.is_none()
        {
            self.tell_of_rejection(&mut request).await?;
        }
        Ok(())
    }

    async fn expire_in_time(
        &self,
        request: &mut Recorded<ReceivedRequest>,
    ) -> Result<(), PaymentError> {
        let undecided = request.payment.state() == ReceivedRequestState::Received;
        if undecided && request.payment.expires_at <= Timestamp::now() {
            self.become_and_record(request, ReceivedRequestState::Expired, Work::none())
                .await?;
        }
        Ok(())
    }

    async fn become_and_record(
        &self,
        request: &mut Recorded<ReceivedRequest>,
        next: ReceivedRequestState,
        work: Work,
    ) -> Result<(), PaymentError> {
        request.payment.advance_to(next, Timestamp::now())?;
        self.progress.record(request, work).await
    }

    async fn find_recorded(
        &self,
        id: &TransferId,
    ) -> Result<Recorded<ReceivedRequest>, PaymentError> {
        let found = self.progress.find(id).await?;
        found.ok_or_else(|| {
            PaymentError::new(
                ErrorCode::TransactionRequestNotFound,
                "there is no such request to pay here",
            )
        })
    }
}

/// Looks after the requests that nobody decides on, until the end begins.
pub async fn look_after_requests(requests: ReceivedRequests, interval: Duration) {
    let journal = requests.journal.clone();
    let tasks = requests.payer.tasks.clone();
    look_after(journal, &tasks, interval, move |id| {
        let requests = requests.clone();
        async move { requests.resume(&id).await }
    })
    .await;
}

fn same_demand(
    known: Recorded<ReceivedRequest>,
    demand: &PaymentDemand,
) -> Result<ReceivedRequest, PaymentError> {
    if known.payment.demand == *demand {
        return Ok(known.payment);
    }
    Err(PaymentError::new(
        ErrorCode::ModifiedRequest,
        "something else was asked for under this transactionRequestId",
    ))
}

fn expired() -> PaymentError {
    PaymentError::new(
        ErrorCode::TransactionRequestExpired,
        "the request to pay has expired",
    )
}
