//! Requests to pay that customers of this DFSP make. No money moves by them:
//! the payment, if there is one, arrives like every other.

use std::{sync::Arc, time::Duration};

use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        one_time_password::OneTimePassword,
        sent_request::{PayersWord, PaymentWish, SentRequest, SentRequestState},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Journal, Opened, Recorded, work::Work},
    mojaloop::{
        connector::{MojaloopConnector, requests_to_pay::Asked},
        payee::Payee,
        progress::Progress,
        recovery::look_after,
        turns::Turns,
    },
};

/// The requests to pay that customers of this DFSP make.
#[derive(Clone)]
pub struct SentRequests {
    payee: Payee,
    connector: MojaloopConnector,
    journal: Journal<SentRequest>,
    progress: Progress<SentRequest>,
    turns: Turns,
    /// How long a payer may take to answer.
    lifetime: Arc<Duration>,
}

impl SentRequests {
    pub fn new(
        payee: Payee,
        connector: MojaloopConnector,
        journal: Journal<SentRequest>,
        progress: Progress<SentRequest>,
        lifetime: Duration,
    ) -> Self {
        Self {
            payee,
            connector,
            journal,
            turns: progress.turns(),
            progress,
            lifetime: Arc::new(lifetime),
        }
    }

    /// Asks a payer for money. The same wish (by the DFSP's own identifier)
    /// asks him once, and gets the same request again.
    pub async fn ask(&self, wish: PaymentWish) -> Result<SentRequest, PaymentError> {
        let this = self.clone();
        self.payee
            .tasks
            .run(async move {
                let opened = this.open(wish).await?;
                let id = match opened {
                    Opened::New(request) => request.payment.transaction_request_id,
                    Opened::Known(known) if known.payment.state() == SentRequestState::Unsent => {
                        let id = known.payment.transaction_request_id;
                        if !this.begin_again(&id).await? {
                            return this.told(&id).await;
                        }
                        id
                    }
                    Opened::Known(known) => return told(known.payment),
                };
                this.send(&id).await?;
                this.told(&id).await
            })
            .await
    }

    async fn open(&self, wish: PaymentWish) -> Result<Opened<SentRequest>, PaymentError> {
        let home_transaction_id = wish.home_transaction_id.clone();
        let known = self
            .progress
            .find_by_home_transaction_id(&home_transaction_id)
            .await?;
        let opened = match known {
            Some(known) => Opened::Known(known),
            None => {
                self.payee.find_payee(&wish.payee, wish.amount).await?;
                let now = Timestamp::now();
                let expires_at = now.after(*self.lifetime);
                let request = SentRequest::open(wish.clone(), expires_at, now);
                self.progress.open(request, Work::due(expires_at)).await?
            }
        };
        match opened {
            Opened::Known(known) if known.payment.wish != wish => Err(PaymentError::new(
                ErrorCode::ModifiedRequest,
                "something else was asked for under this homeTransactionId",
            )),
            opened => Ok(opened),
        }
    }

    /// The intent to ask once more for what was certainly not asked for.
    async fn begin_again(&self, id: &TransferId) -> Result<bool, PaymentError> {
        let _turn = self.turns.take(id).await?;
        let mut request = self.find_recorded(id).await?;
        self.advance(&mut request, SentRequestState::Requesting)
            .await
    }

    /// Asks the Mojaloop Connector. Nobody has the turn meanwhile: the payer's
    /// word can arrive before the answer does, and the answer may wait for it.
    /// Without an answer it is not asked again: the payer may have been asked
    /// already, and would pay twice.
    async fn send(&self, id: &TransferId) -> Result<(), PaymentError> {
        let request = self.find_recorded(id).await?;
        let asked = self.connector.ask_payer(&request.payment).await;
        let _turn = self.turns.take(id).await?;
        let mut request = self.find_recorded(id).await?;
        let next = match asked {
            Asked::Told(word) => word.into(),
            Asked::Failed(failure) => {
                if request.payment.state() == SentRequestState::Requesting {
                    request.payment.failure = Some(failure);
                }
                SentRequestState::Failed
            }
            Asked::Unsent(reason) => {
                tracing::warn!(transaction_request_id = %id, reason, "request to pay not sent");
                SentRequestState::Unsent
            }
            Asked::Unknown(reason) => {
                tracing::warn!(
                    transaction_request_id = %id, reason,
                    "nobody knows whether the payer was asked: his word is waited for"
                );
                return Ok(());
            }
        };
        self.advance(&mut request, next).await.map(|_| ())
    }

    /// Hears the word of the payer's FSP, which may come at any time and more
    /// than once. `ours` is the identifier that this DFSP gave.
    pub async fn hear(
        &self,
        id: &TransferId,
        ours: Option<&TransferId>,
        word: PayersWord,
    ) -> Result<(), PaymentError> {
        let id = match (self.progress.find(id).await?, ours) {
            (None, Some(ours)) => ours,
            _ => id,
        };
        let _turn = self.turns.take(id).await?;
        let mut request = self.find_recorded(id).await?;
        if !self.advance(&mut request, word.into()).await? {
            let state = request.payment.state().as_str();
            tracing::info!(transaction_request_id = %id, state, ?word, "nothing new was told");
        }
        Ok(())
    }

    /// The request as far as it is known here.
    pub async fn find(&self, id: &TransferId) -> Result<SentRequest, PaymentError> {
        Ok(self.find_recorded(id).await?.payment)
    }

    pub async fn is_known(&self, id: &TransferId) -> Result<bool, PaymentError> {
        Ok(self.progress.find(id).await?.is_some())
    }

    /// The one-time password of a request, if the bank has one.
    pub async fn find_one_time_password(
        &self,
        id: &TransferId,
    ) -> Result<OneTimePassword, PaymentError> {
        let found = self.payee.bank.find_one_time_password(id).await;
        let found = found.map_err(|error| error.of_bank())?;
        found.ok_or_else(|| {
            PaymentError::new(
                ErrorCode::TransactionRequestNotFound,
                "there is no one-time password for this request",
            )
        })
    }

    /// Notices that no answer has come in time.
    pub async fn resume(&self, id: &TransferId) -> Result<(), PaymentError> {
        let _turn = self.turns.take(id).await?;
        let Some(mut request) = self.progress.find(id).await? else {
            return Ok(());
        };
        if request.payment.expires_at <= Timestamp::now() {
            self.advance(&mut request, SentRequestState::Expired)
                .await?;
        }
        Ok(())
    }

    /// Stores the next state, if it follows on the present one. Says whether it does.
    async fn advance(
        &self,
        request: &mut Recorded<SentRequest>,
        next: SentRequestState,
    ) -> Result<bool, PaymentError> {
        if !request.payment.state().may_become(next) {
            return Ok(false);
        }
        request.payment.advance_to(next, Timestamp::now())?;
        let work = match next.is_final() || next == SentRequestState::Expired {
            true => Work::none(),
            false => Work::due(request.payment.expires_at),
        };
        self.progress.record(request, work).await?;
        Ok(true)
    }

    async fn told(&self, id: &TransferId) -> Result<SentRequest, PaymentError> {
        told(self.find(id).await?)
    }

    async fn find_recorded(&self, id: &TransferId) -> Result<Recorded<SentRequest>, PaymentError> {
        let found = self.progress.find(id).await?;
        found.ok_or_else(|| {
            PaymentError::new(
                ErrorCode::TransactionRequestNotFound,
                "there is no such request to pay here",
            )
        })
    }
}

/// Looks after the requests that nobody answers, for ever.
pub async fn look_after_requests(requests: SentRequests, interval: Duration) {
    let journal = requests.journal.clone();
    look_after(journal, interval, move |id| {
        let requests = requests.clone();
        async move { requests.resume(&id).await }
    })
    .await;
}

/// What whoever asked is told, which depends on the request alone.
fn told(request: SentRequest) -> Result<SentRequest, PaymentError> {
    match request.state() {
        SentRequestState::Unsent => Err(PaymentError::new(
            ErrorCode::ServiceUnavailable,
            "the Mojaloop Connector cannot be reached: repeat the request",
        )),
        SentRequestState::Failed => Err(request
            .failure
            .unwrap_or_else(|| PaymentError::new(ErrorCode::Internal, "the request was not made"))),
        _ => Ok(request),
    }
}
