use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::sandbox::bank::{
    api::caller::{Caller, PAYER, kes as kes_in_json},
    books::example::*,
};

fn report(payer: &str, transfer: &str, transfer_made: bool) -> Report {
    Report {
        transfer_made,
        transfer_id: transfer.parse().unwrap(),
        home_transaction_id: None,
        account: account(payer),
        funding_account: account(COLLECTS_FROM_PAYERS),
        transfer_amount: kes("100"),
        fee: kes("2.5"),
    }
}

#[test]
fn a_transfer_that_was_made_is_posted_with_its_fee() {
    let mut books = books();
    instruct(&mut books, "report", report("2", "t", true)).unwrap();
    assert_eq!(funds(&books, "2"), two("397.5", "397.5"));
    assert_eq!(funds(&books, COLLECTS_FROM_PAYERS), two("1100", "1100"));
    assert_eq!(funds(&books, "fees"), two("2.5", "2.5"));
    assert!(books.report().balanced);
}

#[test]
fn of_a_transfer_that_was_not_made_nothing_is_posted() {
    let mut books = books();
    instruct(&mut books, "report", report("2", "t", false)).unwrap();
    assert_eq!(funds(&books, "2"), two("500", "500"));
    assert_eq!(books.report().postings.len(), 1);
}

#[test]
fn limits_and_status_were_the_channels_affair() {
    let mut books = books();
    for (payer, transfer) in [("3", "t-3"), ("5", "t-5"), ("6", "t-6")] {
        instruct(&mut books, transfer, report(payer, transfer, true)).unwrap();
        assert_eq!(funds(&books, payer), two("397.5", "397.5"));
    }
}

#[test]
fn a_report_that_cannot_be_posted_is_refused() {
    assert_refused(report("9", "t", true), Refusal::UnknownAccount);
    assert_refused(report("1", "t", true), Refusal::InsufficientFunds);
    let order = Report {
        funding_account: account("1"),
        ..report("2", "t", true)
    };
    assert_refused(order, Refusal::UnknownFundingAccount);
}

#[test]
fn what_was_reported_stays_so() {
    for (first, refusal) in [(true, TRANSFER_REPORTED), (false, NO_TRANSFER_REPORTED)] {
        let mut books = books();
        instruct(&mut books, "first", report("2", "t", first)).unwrap();
        let before = books.report();
        let other = instruct(&mut books, "other", report("2", "t", !first));
        assert_eq!(other, Err(refusal));
        assert_eq!(books.report(), before);
    }
}

#[test]
fn a_forgetful_bank_can_post_twice() {
    let mut books = books();
    for _ in 0..2 {
        instruct_forgetful(&mut books, "report", report("2", "t", true)).unwrap();
    }
    assert_eq!(funds(&books, "2"), two("295", "295"));
}

#[tokio::test]
async fn a_report_goes_through_the_doors() {
    let caller = Caller::of_new_bank(configure);
    let report = |reference: &str, transfer_made: bool| {
        json!({
            "reference": reference,
            "transfer_made": transfer_made,
            "transfer_id": "t1",
            "home_transaction_id": "home-1",
            "account": PAYER,
            "funding_account": COLLECTS_FROM_PAYERS,
            "transfer_amount": kes_in_json("9.5"),
            "fee": kes_in_json("0.5"),
        })
    };
    let (status, body) = caller.post("/payment-reports", report("made", true)).await;
    assert_eq!(status, 200);
    assert!(body["booking_id"].is_string());
    assert_eq!(caller.available(PAYER), "4990");
    let (status, body) = caller.post("/payment-reports", report("not", false)).await;
    assert_eq!(
        (status, &body["reason"]),
        (422, &json!("transfer_reported"))
    );
}

proptest! {
    #[test]
    fn whatever_comes_the_books_stay_in_order(
        reports in prop::collection::vec(
            ("[a-h]", "[1-6]", "[t-z]", any::<bool>(), any::<bool>()),
            1..60,
        ),
    ) {
        let mut books = books();
        for (reference, payer, transfer, made, forgetful) in reports {
            assert_stays_in_order(&mut books, |books| {
                books.instruct(&reference, report(&payer, &transfer, made), forgetful)
            });
        }
    }
}
