//! Conversions for other participants: quoted, promised, and then made or given
//! up, once.

mod converting;
mod faults;
mod quoting;

use core_connector::{
    domain::{
        currency_conversion::CurrencyConversion,
        promise::PromiseState,
        reference::{CreditStep, Reference},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Journal, Recorded},
};
use reqwest::Method;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::time::Duration;

use crate::{
    books::Booked,
    caller::{Answer, answer},
    test_connector::{TestConnector, eventually},
};

/// A conversion of dalasi into US dollars, of which 71.50 are worth one. The
/// bank keeps one percent, and has 1000000 of either.
#[derive(Debug, Clone)]
pub struct Conversion {
    pub id: TransferId,
    pub determining_transfer_id: TransferId,
    pub amount_type: &'static str,
    pub source: (&'static str, &'static str),
    pub target: (&'static str, &'static str),
    pub expiration: Timestamp,
}

impl Conversion {
    /// Of this many dalasi.
    pub fn sending(dalasi: &'static str) -> Self {
        Self {
            id: TransferId::generate(),
            determining_transfer_id: TransferId::generate(),
            amount_type: "SEND",
            source: ("GMD", dalasi),
            target: ("USD", "0"),
            expiration: Timestamp::now().after(Duration::from_secs(60)),
        }
    }

    /// Into this many dollars.
    pub fn receiving(dollars: &'static str) -> Self {
        Self {
            amount_type: "RECEIVE",
            source: ("GMD", "0"),
            target: ("USD", dollars),
            ..Self::sending("0")
        }
    }

    pub fn quote_request(&self) -> Value {
        json!({
            "conversionRequestId": "01M7ZY3T8X3JBZ1PPSEPZEZG5X",
            "conversionTerms": {
                "conversionId": self.id,
                "determiningTransferId": self.determining_transfer_id,
                "initiatingFsp": "bluebank",
                "counterPartyFsp": "fxp",
                "amountType": self.amount_type,
                "sourceAmount": money(self.source),
                "targetAmount": money(self.target),
                "expiration": self.expiration,
            },
        })
    }

    /// The request to make the conversion at the quoted terms.
    pub fn order(&self, quote: &Value) -> Value {
        let terms = &quote["conversionTerms"];
        json!({
            "commitRequestId": terms["conversionId"],
            "determiningTransferId": terms["determiningTransferId"],
            "initiatingFsp": terms["initiatingFsp"],
            "counterPartyFsp": terms["counterPartyFsp"],
            "sourceAmount": terms["sourceAmount"],
            "targetAmount": terms["targetAmount"],
            "condition": "4IEhEZPNDn8b_vgNZMeWQ_tjGpJ3fP63tMl0Oz_NNsc",
        })
    }

    fn reference(&self, step: CreditStep) -> Reference {
        Reference::of_conversion(&self.id, step)
    }

    /// The books while this much of the target currency is reserved.
    pub fn reserved(&self, target: &str) -> Booked {
        let reference = self.reference(CreditStep::Reserve);
        let account = format!("position-{}", self.target.0);
        Booked::nothing().hold(reference, account, decimal(target))
    }

    /// The books once it is made.
    pub fn committed(&self, source: &str, target: &str) -> Booked {
        let (bought, sold) = (self.source.0, self.target.0);
        let (source, target) = (decimal(source), decimal(target));
        Booked::nothing().posting(
            self.reference(CreditStep::Commit),
            [
                (format!("scheme-{bought}"), -source),
                (format!("position-{bought}"), source),
                (format!("position-{sold}"), -target),
                (format!("scheme-{sold}"), target),
            ],
        )
    }
}

fn money((currency, amount): (&str, &str)) -> Value {
    json!({ "currency": currency, "amount": amount })
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

impl TestConnector {
    pub async fn quote_conversion(&self, conversion: &Conversion) -> Answer {
        let request = conversion.quote_request();
        self.backend.post("/fxQuotes", &request).await
    }

    /// Asks for a quote and then for the conversion.
    pub async fn order(&self, conversion: &Conversion) -> Answer {
        let quote = self.quote_conversion(conversion).await.served();
        let order = conversion.order(&quote);
        self.backend.post("/fxTransfers", &order).await
    }

    /// A conversion whose target amount is reserved.
    pub async fn ordered(&self, conversion: &Conversion) -> Value {
        let answer = self.order(conversion).await.served();
        assert_eq!(answer["conversionState"], "RESERVED");
        answer
    }

    /// Tells the scheme's word, as the Mojaloop Connector does.
    pub async fn tell_conversion(&self, id: &TransferId, state: &str) -> Answer {
        let body = json!({ "conversionState": state, "completedTimestamp": Timestamp::now() });
        self.backend.put(&format!("/fxTransfers/{id}"), &body).await
    }

    pub async fn patch_conversion(&self, id: &TransferId, body: &Value) -> Answer {
        let path = format!("/fxTransfers/{id}");
        answer(self.backend.request(Method::PATCH, &path).json(body)).await
    }

    /// The conversion as the journal has it.
    pub async fn conversion(&self, id: &TransferId) -> Recorded<CurrencyConversion> {
        let journal = Journal::new(self.store());
        journal.find(id).await.unwrap().unwrap()
    }

    /// Waits until the conversion is in this state.
    pub async fn conversion_becomes(&self, id: &TransferId, state: PromiseState) {
        eventually(state.as_str(), async || {
            self.conversion(id).await.payment.promise.state() == state
        })
        .await;
    }
}
