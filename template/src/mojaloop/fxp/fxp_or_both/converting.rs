//! Conversions: promising the target amount, and going on from there.

use std::sync::Arc;

use crate::{
    core_banking::port::{CoreBankingSystem, Refusal},
    domain::{
        currency_conversion::{ConversionOrder, CurrencyConversion},
        error::{ErrorCode, PaymentError},
        promise::{FinalState, Promise, PromiseState},
        reference::{CreditStep, Reference},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    mojaloop::{
        connector::{HubView, MojaloopConnector},
        fxp::{Fxp, refused},
        progress::Progress,
        promises::{Heard, Keeper, Notification, Promised},
        steps::{self, Attempt, Outcome},
    },
};

/// The promise that the conversion can be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    /// The bank's own number of the conversion.
    pub home_transaction_id: String,
    pub ordered_at: Timestamp,
}

impl Promised for CurrencyConversion {
    fn promise(&self) -> &Promise {
        &self.promise
    }

    fn promise_mut(&mut self) -> &mut Promise {
        &mut self.promise
    }
}

/// What stands behind the promise of a conversion: the bank, which sells.
#[derive(Clone)]
pub struct Selling {
    pub bank: Arc<dyn CoreBankingSystem>,
    pub connector: MojaloopConnector,
}

impl Keeper<CurrencyConversion> for Selling {
    async fn carry_out(
        &self,
        progress: &Progress<CurrencyConversion>,
        conversion: &CurrencyConversion,
        step: CreditStep,
        attempt: Attempt,
    ) -> Result<Outcome, PaymentError> {
        let bank = &*self.bank;
        let patience = progress.patience();
        let conversion_id = &conversion.order.parties.conversion_id;
        let reference = &Reference::of_conversion(conversion_id, step);
        if let (CreditStep::Reserve, Some(FinalState::Aborted), Attempt::Again { since, .. }) =
            (step, conversion.promise.told, attempt)
        {
            // What the scheme has aborted is not reserved any more.
            return Ok(steps::find_out_only(bank, patience, since, reference).await);
        }
        let reservation = &Reference::of_conversion(conversion_id, CreditStep::Reserve);
        let amounts = &conversion.order.amounts;
        let instruct = || async move {
            match step {
                CreditStep::Reserve => bank.reserve_conversion(reference, amounts).await,
                CreditStep::Commit => bank.commit_conversion(reference, reservation).await,
                CreditStep::Release => bank.release_conversion(reference, reservation).await,
            }
        };
        Ok(steps::carry_out(bank, patience, attempt, reference, instruct).await)
    }

    fn refused(&self, refusal: Refusal) -> PaymentError {
        refused(refusal)
    }

    /// The Mojaloop Connector cannot be asked about a conversion. It can be
    /// asked about the transfer on whose success the conversion depends: if that
    /// is aborted, so is the conversion. If it is committed, it may be by
    /// another conversion, which was ordered in place of this one.
    async fn ask_the_hub(&self, conversion: &CurrencyConversion) -> HubView {
        if conversion.promise.state() == PromiseState::Reserving {
            // It was never promised, so nobody commits it.
            return HubView::Final(FinalState::Aborted);
        }
        let Some(transfer_id) = &conversion.determining_transfer_id else {
            return HubView::undecided("the transfer that it is for is not known");
        };
        match self.connector.find_out(transfer_id).await {
            HubView::Final(FinalState::Committed) => {
                HubView::undecided("the transfer is committed, perhaps by another conversion")
            }
            view => view,
        }
    }
}

impl Fxp {
    /// Promises the conversion. The same request gets the same answer again.
    pub async fn order(&self, order: ConversionOrder) -> Result<Ordered, PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move { this.order_once(order).await })
            .await
    }

    async fn order_once(&self, order: ConversionOrder) -> Result<Ordered, PaymentError> {
        let is_same = |known: &CurrencyConversion| {
            if known.order == order {
                return Ok(());
            }
            Err(PaymentError::new(
                ErrorCode::ModifiedRequest,
                "another conversion was ordered under this commitRequestId",
            ))
        };
        let agree = || async {
            let quote = self.binding_quote(&order.parties.conversion_id).await?;
            if !order.agrees_with(&quote) {
                return Err(PaymentError::new(
                    ErrorCode::ModifiedRequest,
                    "the conversion differs from the quote that was given for it",
                ));
            }
            let now = Timestamp::now();
            Ok(CurrencyConversion::open(order.clone(), quote, now))
        };
        let conversion_id = &order.parties.conversion_id;
        let promise = self.promises.make(conversion_id, is_same, agree).await?;
        let promise = promise.promise;
        Ok(Ordered {
            home_transaction_id: match promise.booking {
                Some(booking) => booking,
                None => conversion_id.to_string(),
            },
            ordered_at: promise.opened_at,
        })
    }

    /// Acts on a notification. Returns when what it says has been done; an
    /// error makes the Mojaloop Connector tell it again.
    pub async fn notify(
        &self,
        conversion_id: TransferId,
        notification: Notification,
    ) -> Result<(), PaymentError> {
        let this = self.clone();
        let notified = async move { this.promises.notify(&conversion_id, notification).await };
        match self.tasks.run(notified).await? {
            // What proves nothing has been heard; telling it again would not help.
            Heard::Done | Heard::Undecided => Ok(()),
        }
    }

    /// Goes on with a conversion that an earlier process left, or that is due.
    pub async fn resume(&self, conversion_id: &TransferId) -> Result<(), PaymentError> {
        let this = self.clone();
        let conversion_id = conversion_id.clone();
        self.tasks
            .run(async move { this.promises.resume(&conversion_id).await })
            .await
    }
}
