//! The scheme and its Mojaloop Connector: what they know of one transfer, and how
//! they answer when they are asked for it.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    bank::{DEBIT_STEPS, Step},
    connector::configuration,
    outgoing::PAUSES_AT_PAYEE,
    world::{Process, World},
};
use crate::{
    domain::{incoming::FinalState, timestamp::Timestamp},
    mojaloop::connector::transport::{Answer, NoAnswer, Transport},
};

/// How long the terms of the model's payee hold.
const OFFER_LIFETIME: Duration = Duration::from_secs(90);

/// How long a slow answer is on its way: less than the connector waits for it.
const SLOW: Duration = Duration::from_secs(60);

/// What the scheme has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The hub has not seen the transfer.
    Unseen,
    /// The hub has it, and has not decided.
    Open,
    Final(FinalState),
}

/// What is known of the transfer beyond this DFSP.
#[derive(Debug, Clone)]
pub struct Scheme {
    pub fate: Fate,
    /// Whether the payee side has been heard to promise the credit.
    pub is_promised: bool,
    /// Until when the hub can still see the transfer for the first time, once
    /// the Mojaloop Connector was told to go on and the hub has not seen it.
    pub may_appear_until: Option<Timestamp>,
    offer_expires_at: Option<Timestamp>,
    was_told_no: bool,
    was_told_yes: bool,
    /// Whether the customer was told that there is no transfer.
    pub is_called_failed: bool,
}

impl Scheme {
    pub fn new(fate: Fate) -> Self {
        Self {
            fate,
            is_promised: false,
            may_appear_until: None,
            offer_expires_at: None,
            was_told_no: false,
            was_told_yes: false,
            is_called_failed: false,
        }
    }

    pub fn is_committed(&self) -> bool {
        self.fate == Fate::Final(FinalState::Committed)
    }

    pub fn deadlines(&self) -> impl Iterator<Item = Timestamp> {
        self.may_appear_until
            .into_iter()
            .chain(self.offer_expires_at)
    }

    pub fn may_appear(&self, now: Timestamp) -> bool {
        self.may_appear_until.is_some_and(|until| now < until)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Answers,
    AnswersSlowly,
    CannotBeReached,
}

#[derive(Debug, Clone, Copy)]
enum Accepted {
    CommitsAndAnswers,
    AbortsAndAnswers,
    CommitsAndDoesNotAnswer,
    AbortsAndDoesNotAnswer,
    IsUndecided,
    MayGoOnLater,
    NeverGoesOn,
    CannotBeReached,
    CommitsAndTheConnectorDies,
    MayGoOnLaterAndTheConnectorDies,
}

#[derive(Debug, Clone, Copy)]
enum AcceptedAgain {
    AnswersWhatIsSo,
    FailsForItself,
    DoesNotAnswer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Heard,
    HeardAndNotAnswered,
    NotHeard,
    HeardAndTheConnectorDies,
}

#[derive(Debug, Clone, Copy)]
enum Late {
    NotYet,
    Appears,
}

impl World {
    /// What the Mojaloop Connector was told before may reach the hub now.
    fn appear_late(&mut self, since: Timestamp) {
        if !self.situation.scheme.may_appear(since) {
            return;
        }
        if matches!(
            self.either(&"hub: the transfer", &[Late::NotYet, Late::Appears]),
            Late::Appears
        ) {
            self.transfer_appears();
        }
    }

    pub fn transfer_appears(&mut self) {
        self.situation.scheme.may_appear_until = None;
        self.scheme_decides(Fate::Open);
    }

    pub fn scheme_decides(&mut self, fate: Fate) {
        self.note(format_args!("hub: the transfer is {fate:?}"));
        self.situation.scheme.fate = fate;
        self.check_books();
        self.check_answer();
    }

    /// What the customer was told is still so.
    pub fn check_answer(&mut self) {
        let scheme = &self.situation.scheme;
        let is_true = !(scheme.is_called_failed && scheme.is_committed());
        self.ensure(
            is_true,
            "the customer is told that there is no transfer, and there is one",
        );
    }

    /// The Mojaloop Connector is told to transfer: the payer must have paid.
    fn check_money_is_secured(&mut self) {
        let bank = &self.situation.bank;
        let reserves = DEBIT_STEPS.contains(&Step::Reserve);
        let secured = !reserves || bank.has_done(Step::Reserve);
        let given_back = bank.has_done(Step::Release);
        self.ensure(
            secured,
            "the scheme may transfer before the money is secured",
        );
        self.ensure(!given_back, "the scheme may transfer what was given back");
    }
}

/// The Mojaloop Connector as one process of the connector sees it.
#[derive(Debug)]
pub struct ModelConnector {
    pub process: Process,
}

type Answered = Result<Answer, NoAnswer>;

impl ModelConnector {
    async fn find_out(&self) -> Answered {
        let what = "hub: is asked for the transfer";
        self.process.reach(&what).await;
        let (chosen, fate, asked_at) = {
            let mut world = self.process.world();
            world.appear_late(Timestamp::now());
            let faults = [Asked::AnswersSlowly, Asked::CannotBeReached];
            let chosen = world.usually(&what, Asked::Answers, &faults);
            (chosen, world.situation.scheme.fate, Timestamp::now())
        };
        match chosen {
            Asked::CannotBeReached => return Err(unreachable()),
            Asked::AnswersSlowly => {
                tokio::time::sleep(SLOW).await;
                self.process.go_on_if_alive().await;
                self.process.world().appear_late(asked_at);
            }
            Asked::Answers => {}
        }
        let mut world = self.process.world();
        world.note(format_args!("hub: answers {fate:?}"));
        Ok(match fate {
            Fate::Unseen => answer(500, json!({ "statusCode": "3208" })),
            Fate::Open => answer(200, json!({ "currentState": "COMPLETED" })),
            Fate::Final(state) => answer(200, completed(state.as_str())),
        })
    }

    /// Payee and terms are asked for, or the payee is the right one.
    async fn ask_for_terms(&self, payee_is_confirmed: bool) -> Answered {
        let what = if payee_is_confirmed {
            "scheme: is asked for the terms"
        } else {
            "scheme: is asked for the payee"
        };
        self.process.reach(&what).await;
        let chosen = {
            let mut world = self.process.world();
            let faults = [Told::HeardAndNotAnswered, Told::NotHeard];
            let chosen = world.usually(&what, Told::Heard, &faults);
            if chosen == Told::Heard && (payee_is_confirmed || !PAUSES_AT_PAYEE) {
                let expires_at = Timestamp::now().after(OFFER_LIFETIME);
                world.situation.scheme.offer_expires_at = Some(expires_at);
                return Ok(answer(200, terms(expires_at)));
            }
            chosen
        };
        match chosen {
            Told::Heard => Ok(answer(200, payee())),
            Told::NotHeard => Err(unreachable()),
            _ => self.lose_answer().await,
        }
    }

    async fn accept(&self) -> Answered {
        let what = "scheme: is told to transfer";
        self.process.reach(&what).await;
        let is_repeated = {
            let mut world = self.process.world();
            world.appear_late(Timestamp::now());
            world.check_money_is_secured();
            let told_no = world.situation.scheme.was_told_no;
            world.ensure(!told_no, "a transfer is rejected and then accepted");
            world.situation.scheme.was_told_yes
        };
        match is_repeated {
            false => self.accept_first(what).await,
            true => self.accept_again(what).await,
        }
    }

    async fn accept_first(&self, what: &str) -> Answered {
        let chosen = {
            let mut world = self.process.world();
            let faults = [
                Accepted::AbortsAndAnswers,
                Accepted::CommitsAndDoesNotAnswer,
                Accepted::AbortsAndDoesNotAnswer,
                Accepted::IsUndecided,
                Accepted::MayGoOnLater,
                Accepted::NeverGoesOn,
                Accepted::CannotBeReached,
                Accepted::CommitsAndTheConnectorDies,
                Accepted::MayGoOnLaterAndTheConnectorDies,
            ];
            let chosen = world.usually(&what, Accepted::CommitsAndAnswers, &faults);
            if !matches!(chosen, Accepted::CannotBeReached) {
                world.situation.scheme.was_told_yes = true;
            }
            match chosen {
                Accepted::CommitsAndAnswers
                | Accepted::CommitsAndDoesNotAnswer
                | Accepted::CommitsAndTheConnectorDies => {
                    world.situation.scheme.may_appear_until = None;
                    world.scheme_decides(Fate::Final(FinalState::Committed));
                }
                Accepted::AbortsAndAnswers | Accepted::AbortsAndDoesNotAnswer => {
                    world.situation.scheme.may_appear_until = None;
                    world.scheme_decides(Fate::Final(FinalState::Aborted));
                }
                Accepted::IsUndecided => {
                    world.situation.scheme.may_appear_until = None;
                    world.scheme_decides(Fate::Open);
                }
                Accepted::MayGoOnLater | Accepted::MayGoOnLaterAndTheConnectorDies => {
                    let expires_at = world.situation.scheme.offer_expires_at;
                    let until = expires_at.unwrap_or_else(Timestamp::now);
                    let until = until.after(configuration().never_seen_after);
                    world.situation.scheme.may_appear_until = Some(until);
                }
                Accepted::NeverGoesOn | Accepted::CannotBeReached => {}
            }
            chosen
        };
        match chosen {
            Accepted::CommitsAndAnswers => Ok(answer(200, completed("COMMITTED"))),
            Accepted::AbortsAndAnswers => Ok(answer(500, refused_by_scheme())),
            Accepted::IsUndecided => Ok(answer(200, completed("RESERVED"))),
            Accepted::CannotBeReached => Err(unreachable()),
            Accepted::CommitsAndTheConnectorDies | Accepted::MayGoOnLaterAndTheConnectorDies => {
                self.process.die().await
            }
            _ => self.lose_answer().await,
        }
    }

    /// The Mojaloop Connector was told before. What it says now may be about
    /// this second time alone.
    async fn accept_again(&self, what: &str) -> Answered {
        let (chosen, fate) = {
            let mut world = self.process.world();
            let faults = [AcceptedAgain::FailsForItself, AcceptedAgain::DoesNotAnswer];
            let chosen = world.usually(&what, AcceptedAgain::AnswersWhatIsSo, &faults);
            let is_unseen = world.situation.scheme.fate == Fate::Unseen;
            if matches!(chosen, AcceptedAgain::AnswersWhatIsSo) && is_unseen {
                world.situation.scheme.may_appear_until = None;
                world.scheme_decides(Fate::Final(FinalState::Committed));
            }
            (chosen, world.situation.scheme.fate)
        };
        match (chosen, fate) {
            (AcceptedAgain::DoesNotAnswer, _) => self.lose_answer().await,
            (AcceptedAgain::FailsForItself, _) => Ok(answer(500, refused_by_scheme())),
            (_, Fate::Final(FinalState::Committed)) => Ok(answer(200, completed("COMMITTED"))),
            (_, Fate::Final(FinalState::Aborted)) => Ok(answer(204, Value::Null)),
            _ => Ok(answer(500, json!({ "message": "it is under way" }))),
        }
    }

    async fn reject(&self) -> Answered {
        let what = "scheme: is told that there will be no transfer";
        self.process.reach(&what).await;
        let chosen = {
            let mut world = self.process.world();
            let told_yes = world.situation.scheme.was_told_yes;
            world.ensure(!told_yes, "a transfer is accepted and then rejected");
            let faults = [
                Told::HeardAndNotAnswered,
                Told::NotHeard,
                Told::HeardAndTheConnectorDies,
            ];
            let chosen = world.usually(&what, Told::Heard, &faults);
            world.situation.scheme.was_told_no |= chosen != Told::NotHeard;
            chosen
        };
        match chosen {
            Told::Heard => Ok(answer(200, json!({ "currentState": "ABORTED" }))),
            Told::NotHeard => Err(unreachable()),
            Told::HeardAndTheConnectorDies => self.process.die().await,
            Told::HeardAndNotAnswered => self.lose_answer().await,
        }
    }

    async fn lose_answer(&self) -> Answered {
        tokio::time::sleep(configuration().connector_timeout).await;
        self.process.go_on_if_alive().await;
        Err(NoAnswer::Lost("a fault of the model".to_owned()))
    }
}

#[async_trait]
impl Transport for ModelConnector {
    async fn send(&self, method: Method, _: &[&str], body: Option<&Value>) -> Answered {
        let says = |flag| {
            body.and_then(|body| body.get(flag))
                .and_then(Value::as_bool)
        };
        // Where the terms are not known, the flag serves both of their halves.
        let accepts = says("acceptQuote").or_else(|| says("acceptQuoteOrConversion"));
        if method == Method::GET {
            return self.find_out().await;
        }
        match accepts {
            Some(true) => self.accept().await,
            Some(false) => self.reject().await,
            None => self.ask_for_terms(says("acceptParty") == Some(true)).await,
        }
    }
}

fn unreachable() -> NoAnswer {
    NoAnswer::Unreachable("a fault of the model".to_owned())
}

fn answer(status: u16, body: Value) -> Answer {
    Answer {
        status: StatusCode::from_u16(status).unwrap(),
        body: body.to_string().into_bytes(),
    }
}

fn payee() -> Value {
    json!({
        "currentState": "WAITING_FOR_PARTY_ACCEPTANCE",
        "to": { "fspId": "payeefsp", "displayName": "A Payee" },
    })
}

fn terms(expires_at: Timestamp) -> Value {
    let currency = configuration().currencies.first().code();
    json!({
        "currentState": "WAITING_FOR_QUOTE_ACCEPTANCE",
        "to": { "fspId": "payeefsp", "displayName": "A Payee" },
        "quoteResponse": { "body": {
            "transferAmount": { "amount": "100", "currency": currency },
            "expiration": expires_at,
        } },
    })
}

fn completed(state: &str) -> Value {
    json!({ "currentState": "COMPLETED", "fulfil": { "body": { "transferState": state } } })
}

/// An error that the scheme has named.
fn refused_by_scheme() -> Value {
    json!({ "transferState": { "lastError": { "mojaloopError": {
        "errorInformation": { "errorCode": "5104" },
    } } } })
}
