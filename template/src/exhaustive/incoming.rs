//! A transfer that arrives.

use std::time::Duration;

use super::{
    bank::{CREDIT_STEPS, Step},
    connector::{self, Assumptions},
    faults::{faults, report},
    scheme::{Fate, Scheme},
    search::{Model, explore},
    world::{Process, Situation, World},
};
use crate::{
    domain::{
        amount::Amount,
        identifier::{IdType, PartyIdentifier},
        incoming::{FinalState, IncomingRequest, IncomingState, IncomingTransfer},
        party::Counterparty,
        quote::{AmountType, PayeeCharges, Terms},
        timestamp::Timestamp,
    },
    mojaloop::{payee::Payee, promises::Notification},
};

/// A transfer to a customer of this DFSP.
pub struct Incoming {
    assumptions: Assumptions,
}

impl Incoming {
    fn as_it_is() -> Self {
        Self {
            assumptions: Assumptions::right(),
        }
    }
}

/// What the Mojaloop Connector can say.
#[derive(Debug, Clone, Copy)]
pub enum Message {
    Prepare,
    Final(FinalState),
    CompletedWithoutProof,
    ErrorOccurred,
}

fn request() -> IncomingRequest {
    let currency = connector::configuration().currencies.first();
    let amount = Amount::parse("100", currency).unwrap();
    let nothing = Amount::zero(currency);
    let charges = PayeeCharges {
        fee: nothing,
        commission: nothing,
    };
    IncomingRequest {
        transfer_id: "transfer-of-the-model".parse().unwrap(),
        quote_id: None,
        payee: PartyIdentifier::parse(IdType::Alias, "payee", None, None).unwrap(),
        payer: Counterparty {
            id_type: "ALIAS".to_owned(),
            id_value: "payer".to_owned(),
            fsp_id: None,
        },
        transaction_type: "TRANSFER".to_owned(),
        terms: Terms::of(AmountType::Send, amount, charges).unwrap(),
    }
}

fn transfer(situation: &Situation) -> Option<IncomingTransfer> {
    let entry = situation.records.payment.as_ref()?;
    Some(serde_json::from_str(&entry.body).unwrap())
}

fn state(situation: &Situation) -> Option<IncomingState> {
    transfer(situation).map(|transfer| transfer.state())
}

impl Model for Incoming {
    type Side = Payee;
    type Message = Message;

    fn start(&self, process: &Process) -> Payee {
        connector::payee(process, self.assumptions)
    }

    fn messages(&self, situation: &Situation) -> Vec<Message> {
        let mut messages = vec![Message::Prepare, Message::ErrorOccurred];
        if let Fate::Final(decided) = situation.scheme.fate {
            messages.push(Message::Final(decided));
            if decided == FinalState::Committed {
                messages.push(Message::CompletedWithoutProof);
            }
            // A scheme that contradicts itself has said something else before.
            let told = transfer(situation).and_then(|transfer| transfer.promise.told);
            messages.extend(told.map(|told| {
                Message::Final(match told {
                    FinalState::Committed => FinalState::Aborted,
                    FinalState::Aborted => FinalState::Committed,
                })
            }));
        }
        messages
    }

    fn is_decisive(&self, message: Message) -> bool {
        matches!(message, Message::Prepare | Message::Final(_))
    }

    async fn take(&self, payee: &Payee, process: &Process, message: Message) {
        let transfer_id = request().transfer_id;
        let notification = match message {
            Message::Prepare => {
                let prepared = payee.prepare(request()).await;
                let mut world = process.world();
                world.note(format_args!("the answer is {prepared:?}"));
                if prepared.is_ok() {
                    check_promise(&mut world);
                    world.situation.scheme.is_promised = true;
                }
                return;
            }
            Message::Final(told) => Notification::Final(told),
            Message::CompletedWithoutProof => Notification::CompletedWithoutProof,
            Message::ErrorOccurred => Notification::ErrorOccurred,
        };
        let heard = payee.notify(transfer_id, notification).await;
        let mut world = process.world();
        world.note(format_args!("the answer is {heard:?}"));
        if let (Message::Final(told), Ok(())) = (message, heard) {
            check_acknowledged(&mut world, told);
        }
    }

    async fn resume(&self, payee: &Payee, process: &Process, due_by: Timestamp) {
        let due = process
            .world()
            .situation
            .records
            .due()
            .any(|due_at| due_at <= due_by);
        if due {
            // What is wrong now is tried again; what comes of it is looked at later.
            let _ = payee.resume(&request().transfer_id).await;
        }
    }

    /// The hub commits only what has been promised, and can abort at any time.
    fn decisions(&self, situation: &Situation) -> Vec<Fate> {
        if situation.scheme.fate != Fate::Open {
            return Vec::new();
        }
        let mut decisions = vec![Fate::Final(FinalState::Aborted)];
        if situation.scheme.is_promised {
            decisions.push(Fate::Final(FinalState::Committed));
        }
        decisions
    }

    fn check_settled(&self, world: &mut World) {
        let Situation {
            records,
            bank,
            scheme,
            ..
        } = &world.situation;
        let work = records.payment.as_ref().map(|entry| entry.work.clone());
        let is_parked = work.as_ref().is_some_and(|work| work.parked.is_some());
        let has_tried = work.is_some_and(|work| work.attempts >= connector::MAX_ATTEMPTS);
        let has_paid = bank.has_paid(CREDIT_STEPS);
        let is_as_before = bank.is_as_before(CREDIT_STEPS);
        let is_final = state(&world.situation).is_none_or(IncomingState::is_final);
        let is_refused = [Step::Commit, Step::Release];
        let is_refused = is_refused.iter().any(|step| bank.refused.contains(step));
        let fate = scheme.fate;
        if is_parked {
            world.ensure(
                is_refused || has_tried,
                "a person has to decide what could have been found out",
            );
            return;
        }
        world.ensure(is_final, "nobody will look at the transfer again");
        match fate {
            Fate::Final(FinalState::Committed) => world.ensure(
                has_paid,
                "the scheme has committed, and the payee does not have the money",
            ),
            _ => world.ensure(
                is_as_before,
                "there is no transfer, and the money is not where it was",
            ),
        }
    }
}

/// A promise was made to the scheme: something has to stand behind it.
fn check_promise(world: &mut World) {
    let reserves = CREDIT_STEPS.contains(&Step::Reserve);
    let bank = &world.situation.bank;
    let stands = !reserves || (bank.has_done(Step::Reserve) && !bank.has_done(Step::Release));
    let aborted = world.situation.scheme.fate == Fate::Final(FinalState::Aborted);
    world.ensure(
        stands || aborted,
        "what is promised to the scheme is not reserved",
    );
}

/// The final word was taken, so it has been acted on, or kept for a person.
fn check_acknowledged(world: &mut World, told: FinalState) {
    let state = state(&world.situation);
    let exceptions = &world.situation.records.exceptions;
    let is_kept = exceptions.iter().any(|kept| kept.told == told.as_str());
    let bank = &world.situation.bank;
    let is_done = match told {
        FinalState::Committed => {
            state == Some(IncomingState::Committed) && bank.has_paid(CREDIT_STEPS)
        }
        FinalState::Aborted => {
            state.is_some_and(IncomingState::is_final) && bank.is_as_before(CREDIT_STEPS)
        }
    };
    world.ensure(
        is_done || is_kept,
        "the final word was taken, and not acted on",
    );
}

fn beginning(processes: usize, faults: u32, coincidences: u32) -> Situation {
    Situation::new(Scheme::new(Fate::Open), processes, faults, coincidences)
}

#[test]
fn a_transfer_that_arrives_ends_as_the_scheme_has_decided() {
    let explored = explore(&Incoming::as_it_is(), beginning(1, faults(), 0));
    report("incoming, one after another", explored);
}

#[test]
fn a_transfer_that_arrives_ends_as_the_scheme_has_decided_although_two_speak_at_once() {
    let explored = explore(&Incoming::as_it_is(), beginning(1, faults() - 1, 1));
    report("incoming, two at once", explored);
}

#[test]
fn a_transfer_that_arrives_ends_as_the_scheme_has_decided_whichever_replica_is_told() {
    let explored = explore(&Incoming::as_it_is(), beginning(2, 1, 1));
    report("incoming, two replicas", explored);
}

#[test]
fn a_connector_that_gives_the_bank_no_time_to_settle_is_found_out() {
    let impatient = Incoming {
        assumptions: Assumptions {
            bank_settles_after: Duration::ZERO,
            ..Assumptions::right()
        },
    };
    let trace = explore(&impatient, beginning(1, 1, 0)).unwrap_err();
    assert!(trace.contains("WRONG: the bank has done"), "{trace}");
}
