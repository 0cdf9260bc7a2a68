//! One outgoing payment, from stage to stage.

use actix_web::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::Answer,
    behaviour::{Behaviour, Fault, Misfortune},
    conversion::{FxpFault, PAYEE_ABROAD, currency_abroad},
    conversion_shapes::{WantedConversion, converted_amount},
    outbound_shapes::{FoundPayee, OutboundExchange, text},
    simulated_hub::{CurrentState, HubState, SimulatedTransfer},
    transfer_request::TransferRequest,
};
use crate::domain::{
    amount::{Amount, AmountError},
    currency::Currency,
    quote::{AmountType, PayeeCharges, Terms},
    timestamp::Timestamp,
};

/// The FSP that every party belongs to whom a payment goes.
const PAYEE_FSP: &str = "greenbank";

/// The party that no participant knows.
const UNKNOWN_PARTY: &str = "46733123450";

const PARTY_REJECTED: &str = "Party rejected by backend";
const QUOTE_REJECTED: &str = "Quote rejected by backend";
const CONVERSION_REJECTED: &str = "Conversion rejected by backend";

/// What this connector decided about a party, a quote or a conversion.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Decision {
    accept_party: Option<bool>,
    accept_quote: Option<bool>,
    accept_conversion: Option<bool>,
    accept_quote_or_conversion: Option<bool>,
}

impl Decision {
    /// Whether it accepts what was asked about. What was left unsaid is a rejection.
    pub(super) fn accepts(self, asked: CurrentState) -> bool {
        let flags = match asked {
            CurrentState::WaitingForPartyAcceptance => [self.accept_party, None],
            CurrentState::WaitingForConversionAcceptance => {
                [self.accept_conversion, self.accept_quote_or_conversion]
            }
            _ => [self.accept_quote, self.accept_quote_or_conversion],
        };
        flags.contains(&Some(true))
    }

    fn show(self, document: &mut Value) {
        for (name, flag) in [
            ("acceptParty", self.accept_party),
            ("acceptQuote", self.accept_quote),
            ("acceptConversion", self.accept_conversion),
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

    fn amount_type(&self) -> AmountType {
        amount_type(&self.transfer.document)
    }

    /// Goes on until this connector has to be asked about something.
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
        let payee = found_payee(behaviour, request);
        let supported = match request.amount_type {
            AmountType::Send => &payee.currencies,
            AmountType::Receive => &request.payer_currencies,
        };
        let converts = !supported.is_empty() && !supported.contains(&request.currency);
        self.exchanged(|exchange, document| exchange.add_party(document, &payee));
        if converts {
            self.transfer.document["needFx"] = json!(true);
            self.transfer.document["fxProviders"] = json!([behaviour.conversion.fxp]);
        }
        if behaviour.auto_accept_party {
            self.first_terms(behaviour)
        } else {
            self.enter(CurrentState::WaitingForPartyAcceptance)
        }
    }

    /// What is sent is converted before it is quoted; what is to be received is
    /// quoted before it is known how much of it is needed.
    fn first_terms(&mut self, behaviour: &Behaviour) -> Answer {
        if self.transfer.converts() && self.amount_type() == AmountType::Send {
            self.convert(behaviour)
        } else {
            self.quote(behaviour)
        }
    }

    fn last_terms(&mut self, behaviour: &Behaviour) -> Answer {
        match self.amount_type() {
            AmountType::Send => self.quote(behaviour),
            AmountType::Receive => self.convert(behaviour),
        }
    }

    fn quote(&mut self, behaviour: &Behaviour) -> Answer {
        let terms = self
            .amount_to_quote()
            .and_then(|amount| {
                let fee = Amount::new(behaviour.payee_fee, amount.currency())?;
                Ok((amount, fee))
            })
            .map_err(|error| error.to_string())
            .and_then(|(amount, fee)| {
                let commission = Amount::zero(amount.currency());
                Terms::of(self.amount_type(), amount, PayeeCharges { fee, commission })
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

    /// What the payee's FSP is asked to quote: what the FXP gives, or what was asked for.
    fn amount_to_quote(&self) -> Result<Amount, AmountError> {
        match converted_amount(&self.transfer.document) {
            Some((currency, amount)) => Amount::parse(&amount, currency),
            None => Amount::parse(&self.transfer.amount, self.transfer.currency),
        }
    }

    fn convert(&mut self, behaviour: &Behaviour) -> Answer {
        let fxp = &behaviour.conversion;
        let amount_type = self.amount_type();
        let wanted = match self.amount_to_convert(amount_type) {
            Ok((amount, other)) => WantedConversion {
                amount_type,
                amount,
                other,
            },
            Err(description) => {
                self.transfer.enter(CurrentState::ErrorOccurred);
                return hub_refusal("5101", &description, &self.transfer.document);
            }
        };
        self.exchanged(|exchange, document| exchange.add_conversion_request(document, &wanted));
        match &fxp.fault {
            Some(FxpFault::RefusesToQuote(code)) => return self.conversion_refused(code),
            Some(FxpFault::TimesOutOnQuote) => {
                return self.fail(StatusCode::GATEWAY_TIMEOUT, "simulated timeout of the FXP");
            }
            _ => {}
        }
        match fxp.convert(amount_type, wanted.amount, wanted.other) {
            Ok(conversion) => {
                let expires_at = Timestamp::now().after(fxp.lifetime);
                self.exchanged(|exchange, document| {
                    exchange.add_conversion(document, conversion, expires_at);
                });
                self.enter(CurrentState::WaitingForConversionAcceptance)
            }
            Err(_) => self.conversion_refused("5101"),
        }
    }

    /// What is to be converted, and into or from which currency.
    fn amount_to_convert(&self, amount_type: AmountType) -> Result<(Amount, Currency), String> {
        let document = &self.transfer.document;
        let (amount, others) = match amount_type {
            AmountType::Send => (
                Amount::parse(&self.transfer.amount, self.transfer.currency),
                &document["supportedCurrencies"],
            ),
            AmountType::Receive => {
                let quoted = &document["quoteResponse"]["body"]["transferAmount"];
                (
                    Amount::parse(text(&quoted["amount"]), self.transfer.currency),
                    &document["from"]["supportedCurrencies"],
                )
            }
        };
        let other = text(&others[0]).parse();
        match (amount, other) {
            (Ok(amount), Ok(other)) => Ok((amount, other)),
            (Err(error), _) => Err(error.to_string()),
            (_, Err(error)) => Err(error.to_string()),
        }
    }

    fn conversion_refused(&mut self, code: &str) -> Answer {
        let error_information = json!({
            "errorCode": code,
            "errorDescription": "the FXP does not convert",
        });
        self.exchanged(|exchange, document| {
            exchange.add_refused_conversion(document, &error_information);
        });
        self.transfer.enter(CurrentState::ErrorOccurred);
        let message = format!("Got an error response requesting fxQuote: {error_information}");
        let document = self.transfer.document.clone();
        Answer::mojaloop_error(message, error_information, document)
    }

    pub(super) fn decide_party(
        &mut self,
        behaviour: &Behaviour,
        decision: Decision,
        misfortune: Option<&Misfortune>,
    ) -> Answer {
        let accepts = decision.accepts(self.transfer.current_state);
        decision.show(&mut self.transfer.document);
        if !accepts {
            return self.reject(PARTY_REJECTED);
        }
        let answer = self.first_terms(behaviour);
        self.after_terms(behaviour, answer, misfortune)
    }

    /// Decides about a quote or a conversion, whichever was asked about.
    pub(super) fn decide_terms(
        &mut self,
        behaviour: &Behaviour,
        decision: Decision,
        misfortune: Option<&Misfortune>,
    ) -> Answer {
        let asked = self.transfer.current_state;
        let accepts = decision.accepts(asked);
        let reason = match asked {
            CurrentState::WaitingForConversionAcceptance => CONVERSION_REJECTED,
            _ => QUOTE_REJECTED,
        };
        decision.show(&mut self.transfer.document);
        if accepts && !self.transfer.awaits_last_acceptance() {
            let answer = self.last_terms(behaviour);
            return self.after_terms(behaviour, answer, misfortune);
        }
        let Some(misfortune) = misfortune else {
            return self.accept_or_reject(behaviour, accepts, reason);
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
            _ => self.accept_or_reject(behaviour, accepts, reason),
        }
    }

    /// What becomes of terms that have just come, if something was to go wrong with them.
    fn after_terms(
        &mut self,
        behaviour: &Behaviour,
        answer: Answer,
        misfortune: Option<&Misfortune>,
    ) -> Answer {
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
            Some((_, Fault::AutoAcceptQuotes)) => self.complete(behaviour, answer),
            _ => answer,
        }
    }

    /// Accepts all terms by itself, as far as there are any.
    pub(super) fn complete(&mut self, behaviour: &Behaviour, mut answer: Answer) -> Answer {
        if self.transfer.awaits_first_acceptance() {
            answer = self.last_terms(behaviour);
        }
        if self.transfer.awaits_last_acceptance() {
            answer = self.settle(HubState::Committed);
        }
        answer
    }

    fn accept_or_reject(&mut self, behaviour: &Behaviour, accepts: bool, reason: &str) -> Answer {
        if !accepts {
            return self.reject(reason);
        }
        let fault = behaviour.conversion.fault.as_ref();
        match fault.filter(|_| self.transfer.converts()) {
            Some(FxpFault::RefusesToReserve(code)) => {
                self.exchanged(|exchange, document| {
                    exchange.add_conversion_transfer_request(document);
                });
                self.transfer.hub_state = HubState::Aborted;
                self.transfer.enter(CurrentState::ErrorOccurred);
                hub_refusal(code, "the FXP does not convert", &self.transfer.document)
            }
            // The hub has heard of the conversion, but never of the transfer.
            Some(FxpFault::TimesOutOnReserve) => {
                self.exchanged(|exchange, document| {
                    exchange.add_conversion_transfer_request(document);
                });
                self.fail(StatusCode::GATEWAY_TIMEOUT, "simulated timeout of the FXP")
            }
            _ => self.settle(HubState::Committed),
        }
    }

    fn reject(&mut self, reason: &str) -> Answer {
        self.transfer.document["abortedReason"] = json!(reason);
        self.enter(CurrentState::Aborted)
    }

    /// The hub reaches this state, and the answer says so.
    pub(super) fn settle(&mut self, hub_state: HubState) -> Answer {
        self.transfer.hub_state = hub_state;
        let converts = self.transfer.converts();
        self.exchanged(|exchange, document| {
            if converts {
                exchange.add_conversion_transfer_request(document);
                exchange.add_conversion_transfer(document);
            }
            exchange.add_settlement(document, hub_state);
        });
        self.enter(match hub_state {
            HubState::Aborted => CurrentState::Aborted,
            HubState::None | HubState::Reserved | HubState::Committed => CurrentState::Completed,
        })
    }

    /// The hub commits, and the Mojaloop Connector loses track of it.
    fn commit_and_fail(&mut self, status: StatusCode, message: &str) -> Answer {
        self.transfer.hub_state = HubState::Committed;
        self.fail(status, message)
    }

    /// The Mojaloop Connector gives up, and nobody in the scheme said why.
    fn fail(&mut self, status: StatusCode, message: &str) -> Answer {
        self.transfer.enter(CurrentState::ErrorOccurred);
        Answer::failure(status, message, self.transfer.document.clone())
    }
}

fn found_payee(behaviour: &Behaviour, request: &TransferRequest) -> FoundPayee {
    let currency = request.currency;
    let abroad = currency_abroad(currency).filter(|_| {
        request.amount_type == AmountType::Send && request.payee_id_value == PAYEE_ABROAD
    });
    FoundPayee {
        fsp: PAYEE_FSP.to_owned(),
        first_name: json!("John"),
        middle_name: json!("Alexander"),
        last_name: json!("Doe"),
        display_name: json!("John Doe"),
        currencies: match &behaviour.payee_currencies {
            Some(currencies) => currencies.clone(),
            None => vec![abroad.unwrap_or(currency)],
        },
    }
}

fn amount_type(document: &Value) -> AmountType {
    match document["amountType"].as_str() {
        Some("RECEIVE") => AmountType::Receive,
        _ => AmountType::Send,
    }
}

/// Which acceptance a payment waits for.
impl SimulatedTransfer {
    fn converts(&self) -> bool {
        self.document["needFx"] == true
    }

    fn awaits_terms(&self) -> bool {
        matches!(
            self.current_state,
            CurrentState::WaitingForConversionAcceptance | CurrentState::WaitingForQuoteAcceptance
        )
    }

    /// Whether more terms follow when these are accepted.
    pub(super) fn awaits_first_acceptance(&self) -> bool {
        let first = match amount_type(&self.document) {
            AmountType::Send => CurrentState::WaitingForConversionAcceptance,
            AmountType::Receive => CurrentState::WaitingForQuoteAcceptance,
        };
        self.converts() && self.current_state == first
    }

    /// Whether the money moves when these terms are accepted.
    pub(super) fn awaits_last_acceptance(&self) -> bool {
        self.awaits_terms() && !self.awaits_first_acceptance()
    }
}
