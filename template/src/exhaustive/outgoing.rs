//! A payment that leaves.

mod customer;

use std::time::Duration;

use self::customer::Order;
pub use self::customer::PAUSES_AT_PAYEE;
use super::{
    bank::{DEBIT_STEPS, Step},
    connector::{self, Assumptions},
    faults::{faults, report},
    scheme::{Fate, Scheme},
    search::{Model, explore},
    world::{Process, Situation, World},
};
use crate::{
    domain::{
        amount::Amount,
        error::{ErrorCode, PaymentError},
        identifier::{IdType, PartyIdentifier},
        incoming::FinalState,
        outgoing::{OutgoingPayment, OutgoingRequest, OutgoingState, PayerDetails, UseCase},
        quote::AmountType,
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    mojaloop::payer::Payer,
};

/// A payment that a customer of this DFSP makes.
pub struct Outgoing {
    assumptions: Assumptions,
}

impl Outgoing {
    fn as_it_is() -> Self {
        Self {
            assumptions: Assumptions::right(),
        }
    }
}

fn request() -> OutgoingRequest {
    let currency = connector::configuration().currencies.first();
    let phone = |number| PartyIdentifier::parse(IdType::Msisdn, number, None, None).unwrap();
    OutgoingRequest {
        use_case: UseCase::SendMoney,
        home_transaction_id: Some("payment of the model".to_owned()),
        channel: None,
        payer: phone("254700000001"),
        payer_details: PayerDetails::default(),
        payee: phone("254700000002"),
        // [if payer_steps is one_step]
        payee_name: None,
        // [end]
        amount_type: AmountType::Send,
        amount: Amount::parse("100", currency).unwrap(),
        // [if use_cases has conversion]
        other_currency: None,
        // [end]
        transaction_type: "TRANSFER".to_owned(),
        purpose_code: None,
        // [if use_cases has request_to_pay]
        in_answer_to: None,
        // [end]
    }
}

fn payment(situation: &Situation) -> Option<OutgoingPayment> {
    let entry = situation.records.payment.as_ref()?;
    Some(serde_json::from_str(&entry.body).unwrap())
}

fn transfer_id(situation: &Situation) -> Option<TransferId> {
    let entry = situation.records.payment.as_ref()?;
    Some(entry.transfer_id.clone())
}

impl Model for Outgoing {
    type Side = Payer;
    type Message = Order;

    fn start(&self, process: &Process) -> Payer {
        connector::payer(process, self.assumptions)
    }

    /// Nobody decides on a payment before he has heard of it.
    fn messages(&self, situation: &Situation) -> Vec<Order> {
        let is_known = situation.records.payment.is_some();
        let orders = Order::ALL.iter().copied();
        orders
            .filter(|order| is_known || *order == Order::Asks)
            .collect()
    }

    fn is_decisive(&self, _: Order) -> bool {
        true
    }

    async fn take(&self, payer: &Payer, process: &Process, order: Order) {
        let known = transfer_id(&process.world().situation);
        let answered = order.give(payer, request(), known).await;
        let mut world = process.world();
        world.note(format_args!("the answer is {answered:?}"));
        match answered {
            Ok(paid) if order.is_answered_by_the_outcome() => {
                let state = paid.state();
                let is_committed = world.situation.scheme.is_committed();
                world.ensure(
                    is_committed
                        && matches!(state, OutgoingState::Completed | OutgoingState::Committing),
                    "the customer is told of a transfer that there is not",
                );
            }
            Ok(_) => {}
            Err(error) => {
                world.situation.scheme.is_called_failed |= says_that_there_is_no_transfer(&error);
                world.check_answer();
            }
        }
    }

    async fn resume(&self, payer: &Payer, process: &Process, due_by: Timestamp) {
        let (known, is_due) = {
            let world = process.world();
            let is_due = world.situation.records.due().any(|due_at| due_at <= due_by);
            (transfer_id(&world.situation), is_due)
        };
        if let (Some(transfer_id), true) = (known, is_due) {
            // What is wrong now is tried again; what comes of it is looked at later.
            let _ = payer.resume(&transfer_id).await;
        }
    }

    fn decisions(&self, situation: &Situation) -> Vec<Fate> {
        match situation.scheme.fate {
            Fate::Open => [FinalState::Committed, FinalState::Aborted]
                .map(Fate::Final)
                .to_vec(),
            _ => Vec::new(),
        }
    }

    fn check_settled(&self, world: &mut World) {
        let Some(payment) = payment(&world.situation) else {
            return;
        };
        let Situation {
            records,
            bank,
            scheme,
            ..
        } = &world.situation;
        let work = records
            .payment
            .as_ref()
            .map(|entry| entry.work.clone())
            .unwrap_or_default();
        let has_tried = work.attempts >= connector::MAX_ATTEMPTS;
        let is_refused = [Step::Commit, Step::Release];
        let is_refused = is_refused.iter().any(|step| bank.refused.contains(step));
        let is_committed = scheme.is_committed();
        let has_paid = bank.has_paid(DEBIT_STEPS);
        let is_as_before = bank.is_as_before(DEBIT_STEPS);
        // [if payer_debit is push_approval]
        let is_forgotten = bank.customer.is_forgotten();
        // [end]
        if work.parked.is_some() {
            world.ensure(
                is_refused || has_tried,
                "a person has to decide what could have been found out",
            );
            return;
        }
        // [if payer_debit is push_approval]
        world.ensure(!is_forgotten, "nobody has looked at the customer's answer");
        // [end]
        let is_over = payment.state().is_final() || payment.state() == OutgoingState::Requested;
        world.ensure(is_over, "nobody will look at the payment again");
        if is_committed {
            world.ensure(
                has_paid,
                "the payee has the money, and the payer has not paid it once",
            );
        } else {
            world.ensure(
                is_as_before,
                "there is no transfer, and the money is not where it was",
            );
        }
    }
}

/// Whether whoever gets this answer takes the money back.
fn says_that_there_is_no_transfer(error: &PaymentError) -> bool {
    !matches!(
        error.code,
        // Not known, or not for the caller to decide.
        ErrorCode::Timeout
            | ErrorCode::Internal
            | ErrorCode::ServiceUnavailable
            // Nothing has been decided.
            | ErrorCode::Unsupported
            // It has been paid before.
            | ErrorCode::ModifiedRequest
    )
}

fn beginning(processes: usize, faults: u32, coincidences: u32) -> Situation {
    Situation::new(Scheme::new(Fate::Unseen), processes, faults, coincidences)
}

#[test]
fn a_payment_that_leaves_is_taken_from_the_payer_if_and_only_if_it_arrives() {
    let explored = explore(&Outgoing::as_it_is(), beginning(1, faults(), 0));
    report("outgoing, one after another", explored);
}

#[test]
fn a_payment_that_leaves_is_taken_from_the_payer_if_and_only_if_it_arrives_although_two_speak_at_once()
 {
    let explored = explore(&Outgoing::as_it_is(), beginning(1, faults() - 1, 1));
    report("outgoing, two at once", explored);
}

#[test]
fn a_payment_that_leaves_is_taken_from_the_payer_if_and_only_if_it_arrives_whichever_replica_is_told()
 {
    let explored = explore(&Outgoing::as_it_is(), beginning(2, 1, 1));
    report("outgoing, two replicas", explored);
}

#[test]
fn a_connector_that_believes_too_early_that_the_hub_never_sees_a_transfer_is_found_out() {
    let hasty = Outgoing {
        assumptions: Assumptions {
            never_seen_after: Duration::ZERO,
            ..Assumptions::right()
        },
    };
    let trace = explore(&hasty, beginning(1, 1, 0)).unwrap_err();
    let lost = "WRONG: money was given back of a payment that is committed";
    assert!(trace.contains(lost), "{trace}");
}
