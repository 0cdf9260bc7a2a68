//! One outgoing payment, from stage to stage.

use actix_web::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    SimulatedMojaloopConnector,
    answer::Answer,
    behaviour::{Behaviour, Fault, Misfortune},
    conversion::{FxpFault, PAYEE_ABROAD, currency_abroad},
    conversion_shapes::{QuotedConversion, WantedConversion, asked_of_fxp, converted_amount},
    identifiers::new_ulid,
    incoming_shapes::IncomingPayment,
    network::{Heard, Message, Network, PayeeLeg, Peer},
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
    pub simulator: &'a SimulatedMojaloopConnector,
    pub network: &'a Network,
    /// The other participants, and how those behave that are made up.
    pub peers: Vec<Peer>,
    pub behaviour: Behaviour,
    pub transfer: SimulatedTransfer,
}

impl Payment<'_> {
    pub(super) fn payer_fsp(&self) -> &str {
        &self.simulator.settings().fsp_id
    }

    fn exchange(&self) -> OutboundExchange<'_> {
        OutboundExchange::of(&self.transfer.document, self.payer_fsp())
    }

    /// The participant of this name, unless it is made up.
    pub(super) fn peer(&self, fsp_id: &str) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.fsp_id == fsp_id)
    }

    /// The payee's, unless it is made up.
    pub(super) fn payee_peer(&self) -> Option<&Peer> {
        self.peer(text(&self.transfer.document["to"]["fspId"]))
    }

    /// The FXP, unless it is made up.
    pub(super) fn fxp_peer(&self) -> Option<&Peer> {
        self.peer(text(&self.transfer.document["fxProviders"][0]))
    }

    /// Changes the cached state in the course of an exchange.
    pub(super) fn exchanged<T>(
        &mut self,
        add: impl FnOnce(&OutboundExchange<'_>, &mut Value) -> T,
    ) -> T {
        let mut document = self.transfer.document.clone();
        let result = add(&self.exchange(), &mut document);
        self.transfer.document = document;
        result
    }

    pub(super) fn enter(&mut self, state: CurrentState) -> Answer {
        self.transfer.enter(state);
        Answer::ok(self.transfer.document.clone())
    }

    fn amount_type(&self) -> AmountType {
        amount_type(&self.transfer.document)
    }

    /// Goes on until this connector has to be asked about something.
    pub(super) async fn begin(&mut self, request: &TransferRequest) -> Answer {
        let Some(payee) = self.find_payee(request).await else {
            return self.unknown_party();
        };
        let supported = match request.amount_type {
            AmountType::Send => &payee.currencies,
            AmountType::Receive => &request.payer_currencies,
        };
        let converts = !supported.is_empty() && !supported.contains(&request.currency);
        self.exchanged(|exchange, document| exchange.add_party(document, &payee));
        if converts {
            self.transfer.document["needFx"] = json!(true);
            self.transfer.document["fxProviders"] = self.fx_providers();
        }
        if self.behaviour.auto_accept_party {
            self.first_terms().await
        } else {
            self.enter(CurrentState::WaitingForPartyAcceptance)
        }
    }

    fn unknown_party(&mut self) -> Answer {
        let error_information =
            self.exchanged(|exchange, document| exchange.add_unknown_party(document));
        self.transfer.enter(CurrentState::ErrorOccurred);
        let error = json!({ "errorInformation": error_information });
        let message = format!("Got an error response resolving party: {error}");
        let document = self.transfer.document.clone();
        Answer::mojaloop_error(message, error_information, document)
    }

    /// Asks the other participants one after the other; if there are none, the
    /// payee is made up.
    async fn find_payee(&self, request: &TransferRequest) -> Option<FoundPayee> {
        let wanted = WantedParty {
            id_type: text(&request.body["to"]["idType"]),
            id_value: &request.payee_id_value,
            id_sub_value: request.body["to"]["idSubValue"].as_str(),
        };
        if self.peers.is_empty() {
            let is_sent = request.amount_type == AmountType::Send;
            return made_up_payee(&self.behaviour, wanted, request.currency, is_sent);
        }
        wanted.find(self.network, &self.peers).await
    }

    /// The FXPs among the other participants; if there are none, one is made up.
    fn fx_providers(&self) -> Value {
        let peers = self.peers.iter().filter(|peer| peer.converts);
        let providers: Vec<&str> = peers.map(|peer| peer.fsp_id.as_str()).collect();
        if providers.is_empty() {
            return json!([self.behaviour.conversion.fxp]);
        }
        json!(providers)
    }

    /// What is sent is converted before it is quoted; what is to be received is
    /// quoted before it is known how much of it is needed.
    async fn first_terms(&mut self) -> Answer {
        if self.transfer.converts() && self.amount_type() == AmountType::Send {
            self.convert().await
        } else {
            self.quote().await
        }
    }

    async fn last_terms(&mut self) -> Answer {
        match self.amount_type() {
            AmountType::Send => self.quote().await,
            AmountType::Receive => self.convert().await,
        }
    }

    async fn quote(&mut self) -> Answer {
        let amount = match self.amount_to_quote() {
            Ok(amount) => amount,
            Err(error) => return self.refused("5101", &error.to_string()),
        };
        let quoted = match self.payee_peer() {
            Some(payee) => self.ask_for_quote(payee, amount).await,
            None => self.made_up_quote(amount),
        };
        match quoted {
            Heard::Answered(Quoted {
                terms,
                expires_at,
                leg,
            }) => {
                self.transfer.payee_leg = leg;
                self.exchanged(|exchange, document| {
                    exchange.add_quote(document, terms, expires_at);
                });
                self.enter(CurrentState::WaitingForQuoteAcceptance)
            }
            Heard::Refused { code, description } => self.refused(&code, &description),
            Heard::Nothing => self.fail(
                StatusCode::GATEWAY_TIMEOUT,
                "no answer of the payee's FSP in time",
            ),
        }
    }

    /// The hub or another participant refuses what was asked of it.
    fn refused(&mut self, code: &str, description: &str) -> Answer {
        self.transfer.enter(CurrentState::ErrorOccurred);
        hub_refusal(code, description, &self.transfer.document)
    }

    fn made_up_quote(&self, amount: Amount) -> Heard<Quoted> {
        let currency = amount.currency();
        let terms = Amount::new(self.behaviour.payee_fee, currency)
            .map_err(|error| error.to_string())
            .and_then(|fee| {
                let commission = Amount::zero(currency);
                Terms::of(self.amount_type(), amount, PayeeCharges { fee, commission })
                    .map_err(|error| error.to_string())
            });
        match terms {
            Ok(terms) => Heard::Answered(Quoted {
                terms,
                expires_at: Timestamp::now().after(self.behaviour.quote_lifetime),
                leg: None,
            }),
            Err(description) => Heard::Refused {
                code: "5101".to_owned(),
                description,
            },
        }
    }

    async fn ask_for_quote(&self, payee: &Peer, amount: Amount) -> Heard<Quoted> {
        let to = &self.transfer.document["to"];
        let message = Message::Quote {
            payment: IncomingPayment {
                transfer_id: self.transfer.transfer_id.clone(),
                quote_id: new_ulid(),
                payer_fsp: self.payer_fsp().to_owned(),
                payee_fsp: payee.fsp_id.clone(),
                id_type: text(&to["idType"]).to_owned(),
                id_value: text(&to["idValue"]).to_owned(),
                id_sub_value: to["idSubValue"].as_str().map(str::to_owned),
                amount_type: self.amount_type(),
                amount: amount.to_string(),
                currency: amount.currency(),
                initiated_at: Timestamp::now(),
            },
            party: to.clone(),
        };
        match self.network.ask::<PayeeLeg>(payee, &message).await {
            Heard::Answered(leg) => match Quoted::answered(self.amount_type(), amount, leg) {
                Some(quoted) => Heard::Answered(quoted),
                None => Heard::Refused {
                    code: "5101".to_owned(),
                    description: "the amounts of the quote do not add up".to_owned(),
                },
            },
            Heard::Refused { code, description } => Heard::Refused { code, description },
            Heard::Nothing => Heard::Nothing,
        }
    }

    /// What the payee's FSP is asked to quote: what the FXP gives, or what was asked for.
    fn amount_to_quote(&self) -> Result<Amount, AmountError> {
        match converted_amount(&self.transfer.document) {
            Some(amount) => Ok(amount),
            None => Amount::parse(&self.transfer.amount, self.transfer.currency),
        }
    }

    async fn convert(&mut self) -> Answer {
        let amount_type = self.amount_type();
        let wanted = match self.amount_to_convert(amount_type) {
            Ok((amount, other)) => WantedConversion {
                amount_type,
                amount,
                other,
                lifetime: self.behaviour.conversion.lifetime,
            },
            Err(description) => return self.refused("5101", &description),
        };
        self.exchanged(|exchange, document| exchange.add_conversion_request(document, &wanted));
        let quoted = match self.fxp_peer() {
            Some(fxp) => {
                let message = Message::FxQuote(asked_of_fxp(&self.transfer.document));
                let heard: Heard<Value> = self.network.ask(fxp, &message).await;
                if let Heard::Answered(answer) = &heard {
                    self.transfer.conversion_home_id = answer["homeTransactionId"].clone();
                }
                match heard.map(|answer| QuotedConversion::answered(&answer)) {
                    Heard::Answered(Some(quoted)) => Heard::Answered(quoted),
                    Heard::Answered(None) => Heard::Refused {
                        code: "2001".to_owned(),
                        description: "the FXP's answer cannot be read".to_owned(),
                    },
                    Heard::Refused { code, description } => Heard::Refused { code, description },
                    Heard::Nothing => Heard::Nothing,
                }
            }
            None => self.made_up_conversion(&wanted),
        };
        match quoted {
            Heard::Answered(quoted) => {
                self.exchanged(|exchange, document| exchange.add_conversion(document, &quoted));
                self.enter(CurrentState::WaitingForConversionAcceptance)
            }
            Heard::Refused { code, description } => self.conversion_refused(&code, &description),
            Heard::Nothing => {
                self.fail(StatusCode::GATEWAY_TIMEOUT, "no answer of the FXP in time")
            }
        }
    }

    fn made_up_conversion(&self, wanted: &WantedConversion) -> Heard<QuotedConversion> {
        let fxp = &self.behaviour.conversion;
        let refused = |code: &str| Heard::Refused {
            code: code.to_owned(),
            description: "the FXP does not convert".to_owned(),
        };
        match &fxp.fault {
            Some(FxpFault::RefusesToQuote(code)) => return refused(code),
            Some(FxpFault::TimesOutOnQuote) => return Heard::Nothing,
            _ => {}
        }
        match fxp.convert(wanted.amount_type, wanted.amount, wanted.other) {
            Ok(conversion) => {
                let expires_at = Timestamp::now().after(fxp.lifetime);
                Heard::Answered(QuotedConversion::simulated(conversion, expires_at))
            }
            Err(_) => refused("5101"),
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

    fn conversion_refused(&mut self, code: &str, description: &str) -> Answer {
        let error_information = json!({ "errorCode": code, "errorDescription": description });
        self.exchanged(|exchange, document| {
            exchange.add_refused_conversion(document, &error_information);
        });
        self.transfer.enter(CurrentState::ErrorOccurred);
        let message = format!("Got an error response requesting fxQuote: {error_information}");
        let document = self.transfer.document.clone();
        Answer::mojaloop_error(message, error_information, document)
    }

    pub(super) async fn decide_party(
        &mut self,
        decision: Decision,
        misfortune: Option<&Misfortune>,
    ) -> Answer {
        let accepts = decision.accepts(self.transfer.current_state);
        decision.show(&mut self.transfer.document);
        if !accepts {
            return self.reject(PARTY_REJECTED);
        }
        let answer = self.first_terms().await;
        self.after_terms(answer, misfortune).await
    }

    /// Decides about a quote or a conversion, whichever was asked about.
    pub(super) async fn decide_terms(
        &mut self,
        decision: Decision,
        misfortune: Option<&Misfortune>,
    ) -> Answer {
        let asked = self.transfer.current_state;
        let accepts = decision.accepts(asked);
        decision.show(&mut self.transfer.document);
        if accepts && self.transfer.awaits_first_acceptance() {
            let answer = self.last_terms().await;
            return self.after_terms(answer, misfortune).await;
        }
        match misfortune.map(|misfortune| (misfortune, misfortune.fault)) {
            Some((misfortune, Fault::MojaloopError)) => {
                if accepts {
                    self.transfer.hub_state = HubState::Aborted;
                }
                self.transfer.enter(CurrentState::ErrorOccurred);
                misfortune.mojaloop_error(&self.transfer.document)
            }
            _ if !accepts => self.reject(match asked {
                CurrentState::WaitingForConversionAcceptance => CONVERSION_REJECTED,
                _ => QUOTE_REJECTED,
            }),
            Some((_, fault)) => self.settle_as(fault).await,
            None => self.settle(HubState::Committed).await,
        }
    }

    /// What becomes of terms that have just come, if something was to go wrong with them.
    async fn after_terms(&mut self, answer: Answer, misfortune: Option<&Misfortune>) -> Answer {
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
            Some((_, Fault::AutoAcceptQuotes)) => self.complete(answer).await,
            _ => answer,
        }
    }

    /// Accepts all terms by itself, as far as there are any.
    pub(super) async fn complete(&mut self, mut answer: Answer) -> Answer {
        if self.transfer.awaits_first_acceptance() {
            answer = self.last_terms().await;
        }
        if self.transfer.awaits_last_acceptance() {
            answer = self.settle(HubState::Committed).await;
        }
        answer
    }

    fn reject(&mut self, reason: &str) -> Answer {
        self.transfer.document["abortedReason"] = json!(reason);
        self.enter(CurrentState::Aborted)
    }

    /// The Mojaloop Connector gives up, and nobody in the scheme said why.
    pub(super) fn fail(&mut self, status: StatusCode, message: &str) -> Answer {
        self.transfer.enter(CurrentState::ErrorOccurred);
        Answer::failure(status, message, self.transfer.document.clone())
    }
}

/// What a payee's FSP quoted.
struct Quoted {
    terms: Terms,
    expires_at: Timestamp,
    /// There is one if the FSP is not made up.
    leg: Option<PayeeLeg>,
}

impl Quoted {
    /// What another participant answered, if its amounts add up.
    fn answered(amount_type: AmountType, amount: Amount, leg: PayeeLeg) -> Option<Self> {
        let quote = &leg.quote;
        let stated = |name: &str| match quote[name].as_str() {
            Some(text) => Amount::parse(text, amount.currency()).map(Some),
            None => Ok(None),
        };
        let nothing = Amount::zero(amount.currency());
        let charges = PayeeCharges {
            fee: stated("payeeFspFeeAmount").ok()?.unwrap_or(nothing),
            commission: stated("payeeFspCommissionAmount").ok()?.unwrap_or(nothing),
        };
        let transfer_amount = stated("transferAmount").ok()??;
        let receives = stated("payeeReceiveAmount").ok()?;
        let terms = Terms::stated(amount_type, amount, transfer_amount, receives, charges).ok()?;
        let expires_at = text(&quote["expiration"]).parse().ok()?;
        Some(Self {
            terms,
            expires_at,
            leg: Some(leg),
        })
    }
}

/// The payee whom another participant has found.
fn payee_of(peer: &Peer, party: &Value) -> FoundPayee {
    let currencies = party["supportedCurrencies"].as_array();
    let currencies = currencies.into_iter().flatten();
    FoundPayee {
        fsp: peer.fsp_id.clone(),
        first_name: party["firstName"].clone(),
        middle_name: party["middleName"].clone(),
        last_name: party["lastName"].clone(),
        display_name: party["displayName"].clone(),
        currencies: currencies
            .filter_map(|currency| text(currency).parse().ok())
            .collect(),
    }
}

/// A party that is looked for.
#[derive(Clone, Copy)]
pub(super) struct WantedParty<'a> {
    pub id_type: &'a str,
    pub id_value: &'a str,
    pub id_sub_value: Option<&'a str>,
}

impl WantedParty<'_> {
    /// Asks the other participants one after the other.
    pub(super) async fn find(self, network: &Network, peers: &[Peer]) -> Option<FoundPayee> {
        let message = Message::Party {
            id_type: self.id_type.to_owned(),
            id_value: self.id_value.to_owned(),
            id_sub_value: self.id_sub_value.map(str::to_owned),
        };
        for peer in peers {
            if let Heard::Answered(party) = network.ask::<Value>(peer, &message).await {
                return Some(payee_of(peer, &party));
            }
        }
        None
    }
}

/// A payee where there are no other participants, unless nobody knows him.
/// Whoever is paid abroad has another currency than `currency`.
pub(super) fn made_up_payee(
    behaviour: &Behaviour,
    wanted: WantedParty<'_>,
    currency: Currency,
    is_sent: bool,
) -> Option<FoundPayee> {
    if wanted.id_value == UNKNOWN_PARTY {
        return None;
    }
    let is_abroad = is_sent && wanted.id_value == PAYEE_ABROAD;
    let abroad = currency_abroad(currency).filter(|_| is_abroad);
    Some(FoundPayee {
        fsp: PAYEE_FSP.to_owned(),
        first_name: json!("John"),
        middle_name: json!("Alexander"),
        last_name: json!("Doe"),
        display_name: json!("John Doe"),
        currencies: match &behaviour.payee_currencies {
            Some(currencies) => currencies.clone(),
            None => vec![abroad.unwrap_or(currency)],
        },
    })
}

fn amount_type(document: &Value) -> AmountType {
    match document["amountType"].as_str() {
        Some("RECEIVE") => AmountType::Receive,
        _ => AmountType::Send,
    }
}

/// Which acceptance a payment waits for.
impl SimulatedTransfer {
    pub(super) fn converts(&self) -> bool {
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
