use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    domain::party::AccountStatus,
    sandbox::bank::{
        api::caller::{Caller, PAYER, kes as kes_in_json},
        books::example::*,
    },
};

fn hold(payer: &str, amount: &str) -> Hold {
    Hold {
        account: account(payer),
        amount: kes(amount),
    }
}

fn capture(hold: &str, transfer_amount: &str, fee: &str) -> Capture {
    Capture {
        hold: hold.to_owned(),
        terms: CaptureTerms {
            funding_account: account(COLLECTS_FROM_PAYERS),
            transfer_amount: kes(transfer_amount),
            fee: kes(fee),
        },
    }
}

fn release(hold: &str) -> ReleaseHold {
    ReleaseHold {
        hold: hold.to_owned(),
    }
}

#[test]
fn an_outgoing_payment_is_held_and_then_taken_with_its_fee() {
    let mut books = books();
    instruct(&mut books, "hold", hold("2", "102.5")).unwrap();
    assert_eq!(funds(&books, "2"), two("500", "397.5"));
    instruct(&mut books, "capture", capture("hold", "100", "2.5")).unwrap();
    assert_eq!(funds(&books, "2"), two("397.5", "397.5"));
    assert_eq!(funds(&books, COLLECTS_FROM_PAYERS), two("1100", "1100"));
    assert_eq!(funds(&books, "fees"), two("2.5", "2.5"));
    assert!(books.report().balanced);
}

#[test]
fn a_released_hold_gives_the_payer_everything_back() {
    let mut books = books();
    instruct(&mut books, "hold", hold("2", "500")).unwrap();
    instruct(&mut books, "release", release("hold")).unwrap();
    assert_eq!(funds(&books, "2"), two("500", "500"));
    assert_eq!(books.report().postings.len(), 1);
}

#[test]
fn a_hold_that_cannot_be_taken_is_refused() {
    assert_refused(hold("9", "1"), Refusal::UnknownAccount);
    assert_refused(hold("fees", "1"), Refusal::UnknownAccount);
    assert_refused(hold("5", "1"), Refusal::AccountBlocked);
    assert_refused(hold("6", "1"), Refusal::AccountClosed);
    assert_refused(hold("3", "50.01"), Refusal::LimitExceeded);
    assert_refused(hold("2", "500.01"), Refusal::InsufficientFunds);
    assert_refused(hold("2", "0"), Refusal::Malformed);
    let order = Hold {
        account: account("2"),
        amount: Amount::parse("1", "UGX".parse().unwrap()).unwrap(),
    };
    assert_refused(order, Refusal::CurrencyNotSupported);
}

#[test]
fn what_was_never_held_cannot_be_captured_or_released() {
    assert_refused(capture("nothing", "1", "0"), UNKNOWN_HOLD);
    assert_refused(release("nothing"), UNKNOWN_HOLD);
    let mut books = books();
    instruct(&mut books, "transfer", transfer("2", "1", "50")).unwrap();
    let answer = instruct(&mut books, "capture", capture("transfer", "50", "0"));
    assert_eq!(answer, Err(UNKNOWN_HOLD));
}

#[test]
fn what_was_captured_or_released_stays_so() {
    let mut books = books();
    instruct(&mut books, "one", hold("2", "5")).unwrap();
    instruct(&mut books, "capture one", capture("one", "5", "0")).unwrap();
    instruct(&mut books, "two", hold("2", "5")).unwrap();
    instruct(&mut books, "release two", release("two")).unwrap();
    let before = books.report();
    for (answer, refusal) in [
        (
            instruct(&mut books, "a", capture("one", "5", "0")),
            HOLD_CAPTURED,
        ),
        (instruct(&mut books, "b", release("one")), HOLD_CAPTURED),
        (
            instruct(&mut books, "c", capture("two", "5", "0")),
            HOLD_RELEASED,
        ),
        (instruct(&mut books, "d", release("two")), HOLD_RELEASED),
    ] {
        assert_eq!(answer, Err(refusal));
    }
    assert_eq!(books.report(), before);
}

#[test]
fn a_capture_takes_exactly_what_is_held() {
    let mut books = books();
    instruct(&mut books, "hold", hold("2", "100")).unwrap();
    for (reference, transfer_amount, fee) in [("a", "99", "0"), ("b", "100", "1")] {
        assert_eq!(
            instruct(&mut books, reference, capture("hold", transfer_amount, fee)),
            Err(AMOUNT_DIFFERS_FROM_HOLD)
        );
    }
    let elsewhere = Capture {
        hold: "hold".to_owned(),
        terms: CaptureTerms {
            funding_account: account("1"),
            transfer_amount: kes("100"),
            fee: kes("0"),
        },
    };
    assert_eq!(
        instruct(&mut books, "c", elsewhere),
        Err(Refusal::UnknownFundingAccount)
    );
    assert_eq!(funds(&books, "2"), two("500", "400"));
}

#[test]
fn a_hold_is_captured_although_the_account_has_been_blocked_or_closed_since() {
    let mut books = books();
    for (status, reference) in [
        (AccountStatus::Blocked, "blocked"),
        (AccountStatus::Closed, "closed"),
    ] {
        books
            .set_status(&account("1"), AccountStatus::Active)
            .unwrap();
        instruct(&mut books, reference, hold("1", "50")).unwrap();
        books.set_status(&account("1"), status).unwrap();
        let capture = capture(reference, "50", "0");
        instruct(&mut books, &format!("capture {reference}"), capture).unwrap();
    }
    assert_eq!(funds(&books, "1"), two("0", "0"));
}

#[test]
fn a_forgetful_bank_can_settle_what_it_holds_twice() {
    let mut books = books();
    for _ in 0..2 {
        instruct_forgetful(&mut books, "hold", hold("2", "100")).unwrap();
    }
    for _ in 0..2 {
        instruct_forgetful(&mut books, "capture", capture("hold", "100", "0")).unwrap();
    }
    let report = books.report();
    assert_eq!(report.postings_of("capture").len(), 2);
    assert!(report.balanced && report.open_holds.is_empty());
}

#[tokio::test]
async fn a_payment_goes_through_the_doors() {
    let caller = Caller::of_new_bank(configure);
    let hold = json!({"reference": "t1:hold", "account": PAYER, "amount": kes_in_json("10")});
    let (status, body) = caller.post("/holds", hold).await;
    assert_eq!(status, 200);
    assert!(body["booking_id"].is_string());
    assert_eq!(caller.available(PAYER), "4990");
    let capture = json!({
        "reference": "t1:capture",
        "funding_account": COLLECTS_FROM_PAYERS,
        "transfer_amount": kes_in_json("9.5"),
        "fee": kes_in_json("0.5"),
    });
    let (status, _) = caller.post("/holds/t1%3Ahold/capture", capture).await;
    assert_eq!(status, 200);
    let (status, body) = caller
        .post(
            "/holds/t1:hold/release",
            json!({"reference": "t1:release-hold"}),
        )
        .await;
    assert_eq!((status, &body["reason"]), (422, &json!("hold_captured")));
    let ledger = caller.bank.ledger();
    assert!(ledger.balanced);
    assert_eq!(ledger.account(PAYER).unwrap().balance.to_string(), "4990");
}

#[derive(Debug, Clone)]
enum AnyOrder {
    Hold(Hold),
    Capture(Capture),
    Release(ReleaseHold),
}

/// Orders that are possible often enough, and impossible often enough.
fn orders() -> impl Strategy<Value = AnyOrder> {
    let number = prop_oneof![4 => "[1-6]", 1 => Just(COLLECTS_FROM_PAYERS.to_owned()), 1 => Just("9".to_owned())];
    // So few amounts that a capture often takes what is held.
    let amount = || (0i64..8).prop_map(|tens| kes(&(tens * 10).to_string()));
    let holds = (number, amount()).prop_map(|(number, amount)| Hold {
        account: AccountNumber::new(number),
        amount,
    });
    let captures = ("[a-h]", amount(), amount()).prop_map(|(hold, transfer_amount, fee)| Capture {
        hold,
        terms: CaptureTerms {
            funding_account: account(COLLECTS_FROM_PAYERS),
            transfer_amount,
            fee,
        },
    });
    prop_oneof![
        3 => holds.prop_map(AnyOrder::Hold),
        4 => captures.prop_map(AnyOrder::Capture),
        1 => "[a-h]".prop_map(|hold| AnyOrder::Release(ReleaseHold { hold })),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_the_books_stay_in_order(
        instructions in prop::collection::vec(("[a-h]", orders(), any::<bool>()), 1..60),
    ) {
        let mut books = books();
        for (reference, order, forgetful) in instructions {
            assert_stays_in_order(&mut books, |books| match order {
                AnyOrder::Hold(order) => books.instruct(&reference, order, forgetful),
                AnyOrder::Capture(order) => books.instruct(&reference, order, forgetful),
                AnyOrder::Release(order) => books.instruct(&reference, order, forgetful),
            });
        }
    }
}
