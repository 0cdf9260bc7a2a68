//! How the simulator behaves, and where it misbehaves.

use std::time::Duration;

use actix_web::http::StatusCode;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::Answer,
    conversion::{ConversionBehaviour, WantedConversionBehaviour},
};
use crate::domain::{amount::Amount, currency::Currency};

const MAX_RULES: usize = 100;
const MAX_DELAY_MILLISECONDS: u64 = 120_000;

/// The most times that one final notification can be asked for.
pub(super) const MAX_NOTIFICATIONS: usize = 100;
const MAX_LIFETIME_MILLISECONDS: u64 = 86_400_000;

/// How the simulator behaves, apart from the rules below.
#[derive(Debug, Clone)]
pub(super) struct Behaviour {
    /// What the simulated payee's FSP charges the payee.
    pub payee_fee: Decimal,
    pub quote_lifetime: Duration,
    /// Whether a payment goes on to its quote without asking about the party.
    pub auto_accept_party: bool,
    /// The currencies of every payee, instead of those that are usual.
    pub payee_currencies: Option<Vec<Currency>>,
    pub conversion: ConversionBehaviour,
    /// How many times this connector is notified of what becomes of a payment
    /// that another participant has sent.
    pub final_notifications: usize,
    rules: Vec<Rule>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            payee_fee: Decimal::ZERO,
            quote_lifetime: Duration::from_secs(60),
            auto_accept_party: true,
            payee_currencies: None,
            conversion: ConversionBehaviour::default(),
            final_notifications: 1,
            rules: Vec::new(),
        }
    }
}

/// A request of the outbound API, as rules name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Operation {
    PostTransfer,
    /// The party is accepted.
    AcceptParty,
    /// Of a payment with a conversion, the first of the two is accepted: the
    /// conversion of what is sent, the quote of what is to be received.
    AcceptFirstTerms,
    /// The last terms are accepted, those of the quote if nothing is converted:
    /// the money is to move.
    Accept,
    /// The quote or the conversion is rejected.
    Reject,
    GetTransfer,
    /// A party is looked up without a payment.
    GetParty,
    Accounts,
    Any,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Fault {
    /// Only the delay of the rule.
    Slow,
    /// Status 500 without an error of the scheme; nothing was done.
    Fail,
    /// Status 504; nothing was done.
    GatewayTimeout,
    /// The scheme refused, with the code of the rule.
    MojaloopError,
    /// The hub commits, and no answer comes.
    CommitThenSilent,
    /// The hub commits, and the answer is a 500 without an error of the scheme.
    CommitThenFail,
    /// The hub commits, and the answer is a 504.
    CommitThenGatewayTimeout,
    /// The hub commits, and the answer says that the money is only reserved.
    CommitThenReserved,
    /// The hub aborts.
    Abort,
    /// Status 204; nothing was done.
    Empty,
    /// Status 503 without a body, and the connection is closed.
    Unavailable,
    /// The quote is there, and the answer is a 500 without an error of the scheme.
    QuoteThenFail,
    /// The payment completes without asking about the quote.
    AutoAcceptQuotes,
    /// The hub says that the transfer is only reserved.
    UnknownState,
}

impl Fault {
    fn can_happen_to(self, operation: Operation) -> bool {
        match self {
            Self::Slow
            | Self::Fail
            | Self::GatewayTimeout
            | Self::MojaloopError
            | Self::Empty
            | Self::Unavailable => true,
            Self::CommitThenSilent
            | Self::CommitThenFail
            | Self::CommitThenGatewayTimeout
            | Self::CommitThenReserved
            | Self::Abort => operation == Operation::Accept,
            Self::QuoteThenFail => matches!(
                operation,
                Operation::AcceptParty | Operation::AcceptFirstTerms
            ),
            Self::AutoAcceptQuotes => matches!(
                operation,
                Operation::PostTransfer | Operation::AcceptParty | Operation::AcceptFirstTerms
            ),
            Self::UnknownState => operation == Operation::GetTransfer,
        }
    }
}

/// A fault of one operation: always, or a number of times.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Rule {
    operation: Operation,
    fault: Fault,
    #[serde(default)]
    delay_ms: u64,
    code: Option<String>,
    times: Option<u32>,
}

/// A fault that is to happen now.
#[derive(Debug, Clone)]
pub(super) struct Misfortune {
    pub fault: Fault,
    pub delay: Duration,
    code: String,
}

impl Misfortune {
    /// The answer of a fault that keeps the request from being acted upon.
    pub(super) fn answer_without_acting(&self, transfer_state: &Value) -> Option<Answer> {
        let failure = |status, message| Answer::failure(status, message, transfer_state.clone());
        match self.fault {
            Fault::Fail => Some(failure(
                StatusCode::INTERNAL_SERVER_ERROR,
                "simulated failure",
            )),
            Fault::GatewayTimeout => Some(failure(
                StatusCode::GATEWAY_TIMEOUT,
                "simulated timeout of the hub",
            )),
            Fault::Empty => Some(Answer::no_content()),
            Fault::Unavailable => Some(Answer::unavailable()),
            _ => None,
        }
    }

    pub(super) fn is_mojaloop_error(&self) -> bool {
        self.fault == Fault::MojaloopError
    }

    /// The answer of a fault that the scheme reports.
    pub(super) fn mojaloop_error(&self, transfer_state: &Value) -> Answer {
        let error_information = json!({
            "errorCode": self.code,
            "errorDescription": format!("simulated error {}", self.code),
        });
        let message = format!("Got an error response from the hub: {error_information}");
        Answer::mojaloop_error(message, error_information, transfer_state.clone())
    }
}

/// What the control API takes in place of the whole behaviour.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WantedBehaviour {
    payee_fee: Option<String>,
    quote_lifetime_ms: Option<u64>,
    auto_accept_party: Option<bool>,
    payee_currencies: Option<Vec<Currency>>,
    #[serde(default)]
    conversion: WantedConversionBehaviour,
    final_notifications: Option<usize>,
    #[serde(default)]
    rules: Vec<Rule>,
}

impl Behaviour {
    /// Takes what the control API was asked for; what it left out is as usual.
    pub(super) fn wanted(wanted: WantedBehaviour, currency: Currency) -> Result<Self, String> {
        let usual = Self::default();
        let payee_fee = match wanted.payee_fee {
            Some(text) => Amount::parse(&text, currency)
                .map_err(|error| format!("payeeFee: {error}"))?
                .value(),
            None => usual.payee_fee,
        };
        let quote_lifetime = lifetime(wanted.quote_lifetime_ms)?;
        if wanted.payee_currencies.as_ref().is_some_and(Vec::is_empty) {
            return Err("payeeCurrencies names one at least".to_owned());
        }
        if wanted.rules.len() > MAX_RULES {
            return Err(format!("at most {MAX_RULES} rules are taken"));
        }
        let final_notifications = wanted
            .final_notifications
            .unwrap_or(usual.final_notifications);
        if final_notifications > MAX_NOTIFICATIONS {
            return Err(format!(
                "at most {MAX_NOTIFICATIONS} notifications are sent"
            ));
        }
        wanted.rules.iter().try_for_each(Rule::check)?;
        Ok(Self {
            payee_fee,
            quote_lifetime: quote_lifetime.unwrap_or(usual.quote_lifetime),
            auto_accept_party: wanted.auto_accept_party.unwrap_or(usual.auto_accept_party),
            payee_currencies: wanted.payee_currencies,
            conversion: ConversionBehaviour::wanted(wanted.conversion)?,
            final_notifications,
            rules: wanted.rules,
        })
    }

    /// The fault of the first rule for this operation, which thereby happened once.
    pub(super) fn misfortune_of(&mut self, operation: Operation) -> Option<Misfortune> {
        let rule = self.rules.iter_mut().find(|rule| {
            (rule.operation == operation || rule.operation == Operation::Any)
                && rule.times != Some(0)
        })?;
        rule.times = rule.times.map(|times| times - 1);
        Some(Misfortune {
            fault: rule.fault,
            delay: Duration::from_millis(rule.delay_ms),
            code: rule.code.clone().unwrap_or_default(),
        })
    }
}

impl Rule {
    fn check(&self) -> Result<(), String> {
        if !self.fault.can_happen_to(self.operation) {
            let Self {
                fault, operation, ..
            } = self;
            return Err(format!("{fault:?} cannot happen to {operation:?}"));
        }
        if self.delay_ms > MAX_DELAY_MILLISECONDS {
            return Err(format!("delayMs is at most {MAX_DELAY_MILLISECONDS}"));
        }
        let has_code = self.code.as_deref().is_some_and(is_code);
        if has_code != (self.fault == Fault::MojaloopError) {
            return Err(
                "a code of four digits belongs to mojaloopError, and only there".to_owned(),
            );
        }
        Ok(())
    }
}

/// How long something is valid, if that is said.
pub(super) fn lifetime(milliseconds: Option<u64>) -> Result<Option<Duration>, String> {
    if milliseconds.is_some_and(|milliseconds| milliseconds > MAX_LIFETIME_MILLISECONDS) {
        return Err("a lifetime is at most one day".to_owned());
    }
    Ok(milliseconds.map(Duration::from_millis))
}

/// Whether a text has the form of the scheme's error codes.
pub(super) fn is_code(code: &str) -> bool {
    code.len() == 4 && code.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behaviour(rules: Value) -> Result<Behaviour, String> {
        let wanted =
            serde_json::from_value(json!({ "rules": rules })).map_err(|e| e.to_string())?;
        Behaviour::wanted(wanted, "KES".parse().unwrap())
    }

    #[test]
    fn a_rule_holds_as_often_as_it_says_and_the_first_one_wins() {
        let mut behaviour = behaviour(json!([
            { "operation": "accept", "fault": "fail", "times": 2 },
            { "operation": "any", "fault": "empty", "times": 1 },
        ]))
        .unwrap();
        let faults: Vec<_> = (0..4)
            .map(|_| behaviour.misfortune_of(Operation::Accept))
            .map(|misfortune| misfortune.map(|misfortune| misfortune.fault))
            .collect();
        let expected = [
            Some(Fault::Fail),
            Some(Fault::Fail),
            Some(Fault::Empty),
            None,
        ];
        assert_eq!(faults, expected);
        assert!(behaviour.misfortune_of(Operation::Reject).is_none());
    }

    #[test]
    fn refuses_rules_that_could_never_hold() {
        for rule in [
            json!({ "operation": "get_transfer", "fault": "commitThenFail" }),
            json!({ "operation": "any", "fault": "autoAcceptQuotes" }),
            json!({ "operation": "accept", "fault": "unknownState" }),
            json!({ "operation": "accept", "fault": "mojaloopError" }),
            json!({ "operation": "accept", "fault": "fail", "code": "5100" }),
            json!({ "operation": "accept", "fault": "slow", "delayMs": 120_001 }),
            json!({ "operation": "accept", "fault": "slow", "delay": 1 }),
            json!({ "operation": "accept", "fault": "explode" }),
        ] {
            assert!(behaviour(json!([rule])).is_err(), "{rule}");
        }
    }
}
