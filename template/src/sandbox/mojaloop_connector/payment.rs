//! One outgoing payment, from stage to stage.

use actix_web::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::Answer,
    behaviour::{Behaviour, Fault, Misfortune},
    outbound_shapes::OutboundExchange,
    simulated_hub::{CurrentState, HubState, SimulatedTransfer},
    transfer_request::TransferRequest,
};
use crate::domain::{
    amount::Amount,
    currency::Currency,
    quote::{AmountType, PayeeCharges, Terms},
    timestamp::Timestamp,
};

/// The party that no participant knows.
const UNKNOWN_PARTY: &str = "46733123450";

const PARTY_REJECTED: &str = "Party rejected by backend";
const QUOTE_REJECTED: &str = "Quote rejected by backend";

/// What this connector decided about a party or a quote.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Decision {
    accept_party: Option<bool>,
    accept_quote: Option<bool>,
    accept_quote_or_conversion: Option<bool>,
}

impl Decision {
    /// What was left unsaid is a rejection.
    pub(super) fn accepts_quote(self) -> bool {
        self.accept_quote == Some(true) || self.accept_quote_or_conversion == Some(true)
    }

    pub(super) fn accepts_party(self) -> bool {
        self.accept_party == Some(true)
    }

    fn show(self, document: &mut Value) {
        for (name, flag) in [
            ("acceptParty", self.accept_party),
            ("acceptQuote", self.accept_quote),
            ("acceptQuoteOrConversion", self.accept_quote_or_conversion),
        ] {
            if let Some(flag) = flag {
                document[name] = json!(flag);
            }
        }
    }
}

/// The hub or the payee's FSP refuses with an error of the scheme.
pub(super) fn hub_refusal(code: &str, description: &str, document: &Value) -> Answer {
    let error_information = json!({ "errorCode": code, "errorDescription": description });
    let message = format!("Got an error response from the hub: {error_information}");
    Answer::mojaloop_error(message, error_information, document.clone())
}

/// One payment that a request is moving on.
pub(super) struct Payment<'a> {
    pub payer_fsp: &'a str,
    pub transfer: SimulatedTransfer,
}

impl Payment<'_> {
    fn exchange(&self) -> OutboundExchange<'_> {
        OutboundExchange::of(&self.transfer.document, self.payer_fsp)
    }

    /// Changes the cached state in the course of an exchange.
    fn exchanged<T>(&mut self, add: impl FnOnce(&OutboundExchange<'_>, &mut Value) -> T) -> T {
        let mut document = self.transfer.document.clone();
        let result = add(&self.exchange(), &mut document);
        self.transfer.document = document;
        result
    }

    fn enter(&mut self, state: CurrentState) -> Answer {
        self.transfer.enter(state);
        Answer::ok(self.transfer.document.clone())
    }

    pub(super) fn begin(&mut self, behaviour: &Behaviour, request: &TransferRequest) -> Answer {
        if request.payee_id_value == UNKNOWN_PARTY {
            let error_information =
                self.exchanged(|exchange, document| exchange.add_unknown_party(document));
            self.transfer.enter(CurrentState::ErrorOccurred);
            let error = json!({ "errorInformation": error_information });
            let message = format!("Got an error response resolving party: {error}");
            let document = self.transfer.document.clone();
            return Answer::mojaloop_error(message, error_information, document);
        }
        self.exchanged(|exchange, document| exchange.add_party(document));
        if behaviour.auto_accept_party {
            self.quote(behaviour, request.amount_type, request.currency)
        } else {
            self.enter(CurrentState::WaitingForPartyAcceptance)
        }
    }

    fn quote(
        &mut self,
        behaviour: &Behaviour,
        amount_type: AmountType,
        currency: Currency,
    ) -> Answer {
        let terms = Amount::parse(&self.transfer.amount, currency)
            .and_then(|amount| {
                let fee = Amount::new(behaviour.payee_fee, currency)?;
                Ok((amount, fee))
            })
            .map_err(|error| error.to_string())
            .and_then(|(amount, fee)| {
                let commission = Amount::zero(currency);
                Terms::of(amount_type, amount, PayeeCharges { fee, commission })
                    .map_err(|error| error.to_string())
            });
        match terms {
            Ok(terms) => {
                let expires_at = Timestamp::now().after(behaviour.quote_lifetime);
                self.exchanged(|exchange, document| {
                    exchange.add_quote(document, terms, expires_at);
                });
                self.enter(CurrentState::WaitingForQuoteAcceptance)
            }
            Err(description) => {
                self.transfer.enter(CurrentState::ErrorOccurred);
                hub_refusal("5101", &description, &self.transfer.document)
            }
        }
    }

    pub(super) fn decide_party(
        &mut self,
        behaviour: &Behaviour,
        decision: Decision,
        misfortune: Option<&Misfortune>,
    ) -> Answer {
        decision.show(&mut self.transfer.document);
        if !decision.accepts_party() {
            return self.reject(PARTY_REJECTED);
        }
        let amount_type = match self.transfer.document["amountType"].as_str() {
            Some("RECEIVE") => AmountType::Receive,
            _ => AmountType::Send,
        };
        let answer = match self.transfer.currency.parse() {
            Ok(currency) => self.quote(behaviour, amount_type, currency),
            Err(error) => Answer::refusal(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        };
        match misfortune.map(|misfortune| (misfortune, misfortune.fault)) {
            Some((misfortune, Fault::MojaloopError)) => {
                self.transfer.enter(CurrentState::ErrorOccurred);
                misfortune.mojaloop_error(&self.transfer.document)
            }
            Some((_, Fault::QuoteThenFail)) => Answer::failure(
                StatusCode::INTERNAL_SERVER_ERROR,
                "simulated failure after the quote",
                self.transfer.document.clone(),
            ),
            Some((_, Fault::AutoAcceptQuotes)) => self.settle(HubState::Committed),
            _ => answer,
        }
    }

    pub(super) fn decide_quote(
        &mut self,
        decision: Decision,
        misfortune: Option<&Misfortune>,
    ) -> Answer {
        decision.show(&mut self.transfer.document);
        let accepts = decision.accepts_quote();
        let Some(misfortune) = misfortune else {
            return self.accept_or_reject(accepts);
        };
        match misfortune.fault {
            Fault::MojaloopError => {
                if accepts {
                    self.transfer.hub_state = HubState::Aborted;
                }
                self.transfer.enter(CurrentState::ErrorOccurred);
                misfortune.mojaloop_error(&self.transfer.document)
            }
            Fault::CommitThenFail => self.commit_and_fail(
                StatusCode::INTERNAL_SERVER_ERROR,
                "simulated failure after the commit",
            ),
            Fault::CommitThenGatewayTimeout => self.commit_and_fail(
                StatusCode::GATEWAY_TIMEOUT,
                "simulated timeout after the commit",
            ),
            Fault::CommitThenReserved => {
                let answer = self.settle(HubState::Reserved);
                self.transfer.hub_state = HubState::Committed;
                answer
            }
            Fault::Abort => {
                self.transfer.document["abortedReason"] = json!("Transfer aborted by the payee");
                self.settle(HubState::Aborted)
            }
            _ => self.accept_or_reject(accepts),
        }
    }

    fn accept_or_reject(&mut self, accepts: bool) -> Answer {
        if accepts {
            self.settle(HubState::Committed)
        } else {
            self.reject(QUOTE_REJECTED)
        }
    }

    fn reject(&mut self, reason: &str) -> Answer {
        self.transfer.document["abortedReason"] = json!(reason);
        self.enter(CurrentState::Aborted)
    }

    /// The hub reaches this state, and the answer says so.
    pub(super) fn settle(&mut self, hub_state: HubState) -> Answer {
        self.transfer.hub_state = hub_state;
        self.exchanged(|exchange, document| exchange.add_settlement(document, hub_state));
        self.enter(match hub_state {
            HubState::Aborted => CurrentState::Aborted,
            HubState::None | HubState::Reserved | HubState::Committed => CurrentState::Completed,
        })
    }

    /// The hub commits, and the Mojaloop Connector loses track of it.
    fn commit_and_fail(&mut self, status: StatusCode, message: &str) -> Answer {
        self.transfer.hub_state = HubState::Committed;
        self.transfer.enter(CurrentState::ErrorOccurred);
        Answer::failure(status, message, self.transfer.document.clone())
    }
}
