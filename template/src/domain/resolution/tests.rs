use serde_json::json;

use super::*;
use crate::domain::identifier::{IdType, PartyIdentifier};

const OUTCOMES: [FinalState; 2] = [FinalState::Committed, FinalState::Aborted];

fn plainly(outcome: FinalState) -> Resolution {
    Resolution {
        outcome,
        booked_by_hand: false,
    }
}

fn by_hand(outcome: FinalState) -> Resolution {
    Resolution {
        outcome,
        booked_by_hand: true,
    }
}

fn promise(state: PromiseState, told: Option<FinalState>) -> Promise {
    let now = Timestamp::now();
    let stored = json!({
        "state": state, "told": told, "booking": null, "failure": null,
        "opened_at": now, "state_since": now,
    });
    serde_json::from_value(stored).unwrap()
}

fn payment(state: OutgoingState) -> OutgoingPayment {
    let party = PartyIdentifier::parse(IdType::Alias, "somebody", None, None).unwrap();
    let now = Timestamp::now();
    let stored = json!({
        "transfer_id": "t-1",
        "request": {
            "use_case": "send_money",
            "payer": party,
            "payer_details": { "name": "" },
            "payee": party,
            "amount_type": "SEND",
            "amount": { "amount": "10", "currency": "KES" },
            "transaction_type": "TRANSFER",
        },
        "payer_account": "1",
        "state": state,
        "opened_at": now,
        "state_since": now,
    });
    serde_json::from_value(stored).unwrap()
}

#[test]
fn a_person_says_what_the_scheme_has_not_said_and_the_rest_is_done_as_always() {
    for outcome in OUTCOMES {
        for (state, is_parked) in [
            (PromiseState::Reserved, false),
            (PromiseState::Reserved, true),
            (PromiseState::Reserving, true),
        ] {
            let mut promise = promise(state, None);
            let resolved = promise.resolve(is_parked, plainly(outcome), Timestamp::now());
            assert_eq!(resolved, Ok(Resolved::ToBeCarriedOut));
            assert_eq!((promise.state(), promise.told), (state, Some(outcome)));
        }
    }
}

#[test]
fn what_the_scheme_has_said_is_not_taken_back_not_even_by_hand() {
    for (state, told, other) in [
        (
            PromiseState::Committing,
            FinalState::Committed,
            FinalState::Aborted,
        ),
        (
            PromiseState::Releasing,
            FinalState::Aborted,
            FinalState::Committed,
        ),
    ] {
        for resolution in [plainly(other), by_hand(other)] {
            let mut promise = promise(state, Some(told));
            let resolved = promise.resolve(true, resolution, Timestamp::now());
            assert_eq!(resolved, Err(NotResolved::ToldOtherwise(told)));
            assert_eq!(promise.state(), state);
        }
        let mut promise = promise(state, Some(told));
        let resolved = promise.resolve(true, plainly(told), Timestamp::now());
        assert_eq!(resolved, Err(NotResolved::Known));
    }
}

#[test]
fn what_is_booked_by_hand_is_over() {
    for outcome in OUTCOMES {
        for state in PromiseState::ALL.into_iter().filter(|one| !one.is_final()) {
            let mut promise = promise(state, None);
            let resolved = promise.resolve(true, by_hand(outcome), Timestamp::now());
            assert_eq!(resolved, Ok(Resolved::Over));
            assert!(promise.state().is_final());
            assert_eq!(promise.told, Some(outcome));
        }
    }
}

#[test]
fn what_is_over_or_being_worked_on_is_not_resolved() {
    for state in PromiseState::ALL {
        for resolution in OUTCOMES
            .into_iter()
            .flat_map(|one| [plainly(one), by_hand(one)])
        {
            let resolved = promise(state, None).resolve(false, resolution, Timestamp::now());
            match state {
                PromiseState::Reserved => assert!(resolved.is_ok()),
                state if state.is_final() => assert_eq!(resolved, Err(NotResolved::Over)),
                _ => assert_eq!(resolved, Err(NotResolved::InProgress)),
            }
        }
    }
    for state in OutgoingState::ALL {
        for resolution in OUTCOMES
            .into_iter()
            .flat_map(|one| [plainly(one), by_hand(one)])
        {
            let expected = match state.is_final() {
                true => NotResolved::Over,
                false => NotResolved::InProgress,
            };
            let resolved = payment(*state).resolve(false, resolution, Timestamp::now());
            assert_eq!(resolved, Err(expected), "{state:?}");
        }
    }
}

#[test]
fn only_a_payment_whose_money_is_secured_is_committed_without_saying_that_it_is_booked() {
    for state in OutgoingState::ALL {
        let mut plain = payment(*state);
        let resolved = plain.resolve(true, plainly(FinalState::Committed), Timestamp::now());
        match state {
            OutgoingState::Accepting => {
                assert_eq!(resolved, Ok(Resolved::ToBeCarriedOut));
                assert_eq!(plain.state(), OutgoingState::Committing);
            }
            _ => {
                assert!(resolved.is_err(), "{state:?}");
                assert_eq!(plain.state(), *state);
            }
        }
        let mut booked = payment(*state);
        let resolved = booked.resolve(true, by_hand(FinalState::Committed), Timestamp::now());
        assert_eq!(resolved, Ok(Resolved::Over));
        assert_eq!(booked.state(), OutgoingState::Completed);
    }
}

#[test]
fn a_payment_that_was_made_is_not_aborted() {
    for state in [OutgoingState::Committing, OutgoingState::Completed] {
        for resolution in [plainly(FinalState::Aborted), by_hand(FinalState::Aborted)] {
            let resolved = payment(state).resolve(true, resolution, Timestamp::now());
            assert_eq!(resolved, Err(NotResolved::PayeeIsPaid));
        }
    }
}

#[test]
fn what_may_have_been_secured_is_given_back_and_not_forgotten() {
    for (state, next, left) in [
        (
            OutgoingState::Requested,
            OutgoingState::Aborted,
            Resolved::Over,
        ),
        (
            OutgoingState::Quoted,
            OutgoingState::Rejecting,
            Resolved::ToBeCarriedOut,
        ),
        (
            OutgoingState::Reserving,
            OutgoingState::Reserving,
            Resolved::ToBeCarriedOut,
        ),
        (
            OutgoingState::Accepting,
            OutgoingState::Releasing,
            Resolved::ToBeCarriedOut,
        ),
    ] {
        let mut payment = payment(state);
        let resolved = payment.resolve(true, plainly(FinalState::Aborted), Timestamp::now());
        assert_eq!((resolved, payment.state()), (Ok(left), next));
        assert!(payment.failure.is_some());
    }
    for state in [OutgoingState::Rejecting, OutgoingState::Releasing] {
        let resolved = payment(state).resolve(true, plainly(FinalState::Aborted), Timestamp::now());
        assert_eq!(resolved, Err(NotResolved::Known));
    }
}
