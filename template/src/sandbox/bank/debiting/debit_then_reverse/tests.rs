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

fn debit(payer: &str, transfer_amount: &str, fee: &str) -> Debit {
    Debit {
        account: account(payer),
        funding_account: account(COLLECTS_FROM_PAYERS),
        transfer_amount: kes(transfer_amount),
        fee: kes(fee),
    }
}

fn reversal(debit: &str) -> Reversal {
    Reversal {
        debit: debit.to_owned(),
    }
}

#[test]
fn a_debit_takes_amount_and_fee_at_once_and_its_reversal_gives_both_back() {
    let mut books = books();
    instruct(&mut books, "debit", debit("2", "100", "2.5")).unwrap();
    assert_eq!(funds(&books, "2"), two("397.5", "397.5"));
    assert_eq!(funds(&books, COLLECTS_FROM_PAYERS), two("1100", "1100"));
    assert_eq!(funds(&books, "fees"), two("2.5", "2.5"));
    instruct(&mut books, "reversal", reversal("debit")).unwrap();
    assert_eq!(funds(&books, "2"), two("500", "500"));
    assert_eq!(funds(&books, COLLECTS_FROM_PAYERS), two("1000", "1000"));
    assert_eq!(funds(&books, "fees"), two("0", "0"));
    assert!(books.report().balanced);
}

#[test]
fn a_debit_that_is_not_possible_is_refused() {
    assert_refused(debit("9", "1", "0"), Refusal::UnknownAccount);
    assert_refused(debit("5", "1", "0"), Refusal::AccountBlocked);
    assert_refused(debit("6", "1", "0"), Refusal::AccountClosed);
    assert_refused(debit("3", "50", "0.01"), Refusal::LimitExceeded);
    assert_refused(debit("2", "500", "0.01"), Refusal::InsufficientFunds);
    assert_refused(debit("2", "0", "0"), Refusal::Malformed);
    let order = Debit {
        funding_account: account("1"),
        ..debit("2", "1", "0")
    };
    assert_refused(order, Refusal::UnknownFundingAccount);
}

#[test]
fn what_was_never_debited_or_is_reversed_already_cannot_be_reversed() {
    assert_refused(reversal("nothing"), UNKNOWN_DEBIT);
    let mut books = books();
    instruct(&mut books, "debit", debit("2", "100", "0")).unwrap();
    instruct(&mut books, "once", reversal("debit")).unwrap();
    let before = books.report();
    let again = instruct(&mut books, "twice", reversal("debit"));
    assert_eq!(again, Err(DEBIT_REVERSED));
    assert_eq!(books.report(), before);
}

#[test]
fn a_debit_is_reversed_although_the_account_has_been_blocked_since() {
    let mut books = books();
    instruct(&mut books, "debit", debit("2", "100", "0")).unwrap();
    let blocked = AccountStatus::Blocked;
    books.set_status(&account("2"), blocked).unwrap();
    instruct(&mut books, "reversal", reversal("debit")).unwrap();
    assert_eq!(funds(&books, "2"), two("500", "500"));
}

#[test]
fn a_forgetful_bank_can_debit_and_reverse_twice() {
    let mut books = books();
    for _ in 0..2 {
        instruct_forgetful(&mut books, "debit", debit("2", "100", "0")).unwrap();
    }
    assert_eq!(funds(&books, "2"), two("300", "300"));
    for _ in 0..2 {
        instruct_forgetful(&mut books, "reversal", reversal("debit")).unwrap();
    }
    assert_eq!(funds(&books, "2"), two("500", "500"));
}

#[tokio::test]
async fn a_payment_goes_through_the_doors() {
    let caller = Caller::of_new_bank(configure);
    let debit = json!({
        "reference": "t1:debit",
        "account": PAYER,
        "funding_account": COLLECTS_FROM_PAYERS,
        "transfer_amount": kes_in_json("9.5"),
        "fee": kes_in_json("0.5"),
    });
    let (status, body) = caller.post("/debits", debit).await;
    assert_eq!(status, 200);
    assert!(body["booking_id"].is_string());
    assert_eq!(caller.available(PAYER), "4990");
    let reversal = json!({ "reference": "t1:reversal" });
    let (status, _) = caller.post("/debits/t1%3Adebit/reversal", reversal).await;
    assert_eq!(status, 200);
    assert_eq!(caller.available(PAYER), "5000");
    let reversal = json!({ "reference": "t1:reversal-2" });
    let (status, body) = caller.post("/debits/t1:debit/reversal", reversal).await;
    assert_eq!((status, &body["reason"]), (422, &json!("debit_reversed")));
}

proptest! {
    #[test]
    fn whatever_comes_the_books_stay_in_order(
        instructions in prop::collection::vec(
            ("[a-h]", "[1-6]", 0i64..30, prop::option::of("[a-h]"), any::<bool>()),
            1..60,
        ),
    ) {
        let mut books = books();
        for (reference, payer, tens, reversed, forgetful) in instructions {
            assert_stays_in_order(&mut books, |books| match reversed {
                Some(debit) => books.instruct(&reference, reversal(&debit), forgetful),
                None => {
                    let order = debit(&payer, &(tens * 10).to_string(), "1");
                    books.instruct(&reference, order, forgetful)
                }
            });
        }
    }
}
