use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

use super::*;
use crate::{
    domain::party::AccountStatus,
    sandbox::bank::{
        api::caller::{Caller, PAYEE, kes as kes_in_json},
        books::example::*,
    },
};

fn credit(payee: &str, transfer_amount: &str) -> ReserveCredit {
    ReserveCredit {
        account: account(payee),
        funding_account: account(PAYS_PAYEES),
        transfer_amount: kes(transfer_amount),
        payee_receives: kes(transfer_amount),
        fee: kes("0"),
        commission: kes("0"),
    }
}

fn commit(reservation: &str) -> CommitCredit {
    CommitCredit {
        reservation: reservation.to_owned(),
    }
}

fn release(reservation: &str) -> ReleaseCredit {
    ReleaseCredit {
        reservation: reservation.to_owned(),
    }
}

#[test]
fn an_incoming_payment_is_held_on_the_funding_account_and_then_paid() {
    let mut books = books();
    let order = ReserveCredit {
        payee_receives: kes("48.5"),
        fee: kes("2"),
        commission: kes("0.5"),
        ..credit("1", "50")
    };
    instruct(&mut books, "reserve", order).unwrap();
    assert_eq!(funds(&books, PAYS_PAYEES), two("1000", "950"));
    assert_eq!(funds(&books, "1"), two("100", "100"));
    assert_eq!(books.report().open_holds[0].reference, "reserve");

    instruct(&mut books, "commit", commit("reserve")).unwrap();
    assert_eq!(funds(&books, PAYS_PAYEES), two("950", "950"));
    assert_eq!(funds(&books, "1"), two("148.5", "148.5"));
    assert_eq!(funds(&books, "fees"), two("1.5", "1.5"));
    let report = books.report();
    assert!(report.balanced && report.open_holds.is_empty());
    assert_eq!(report.postings_of("commit").len(), 1);
    assert!(report.postings_of("reserve").is_empty());
}

#[test]
fn a_commission_above_the_fee_is_paid_from_what_the_bank_earned() {
    let mut books = books();
    let order = ReserveCredit {
        payee_receives: kes("51"),
        commission: kes("1"),
        ..credit("1", "50")
    };
    instruct(&mut books, "reserve", order).unwrap();
    instruct(&mut books, "commit", commit("reserve")).unwrap();
    assert_eq!(funds(&books, "fees"), two("-1", "-1"));
    assert!(books.report().balanced);
}

#[test]
fn a_released_credit_frees_the_funding_account_and_posts_nothing() {
    let mut books = books();
    instruct(&mut books, "reserve", credit("1", "50")).unwrap();
    instruct(&mut books, "release", release("reserve")).unwrap();
    assert_eq!(funds(&books, PAYS_PAYEES), two("1000", "1000"));
    assert_eq!(books.report().postings.len(), 1);
}

#[test]
fn a_credit_that_cannot_be_paid_is_refused_when_it_is_reserved() {
    assert_refused(credit("9", "1"), Refusal::UnknownAccount);
    assert_refused(credit(PAYS_PAYEES, "1"), Refusal::UnknownAccount);
    assert_refused(credit("5", "1"), Refusal::AccountBlocked);
    assert_refused(credit("6", "1"), Refusal::AccountClosed);
    assert_refused(credit("3", "50.01"), Refusal::LimitExceeded);
    assert_refused(credit("4", "10.01"), Refusal::LimitExceeded);
    assert_refused(credit("1", "0"), Refusal::Malformed);
    let shillings_of_uganda = Amount::parse("1", "UGX".parse().unwrap()).unwrap();
    let refused = [
        (
            ReserveCredit {
                funding_account: account("2"),
                ..credit("1", "1")
            },
            Refusal::UnknownFundingAccount,
        ),
        (
            ReserveCredit {
                fee: kes("0.01"),
                ..credit("1", "1")
            },
            Refusal::Malformed,
        ),
        (
            ReserveCredit {
                payee_receives: kes("0"),
                fee: kes("1"),
                ..credit("1", "1")
            },
            Refusal::Malformed,
        ),
        (
            ReserveCredit {
                transfer_amount: shillings_of_uganda,
                payee_receives: shillings_of_uganda,
                ..credit("1", "1")
            },
            Refusal::CurrencyNotSupported,
        ),
    ];
    for (credit, refusal) in refused {
        assert_refused(credit, refusal);
    }
}

#[test]
fn credits_that_are_reserved_count_towards_the_maximum_balance() {
    let mut books = books();
    instruct(&mut books, "reserve", credit("4", "6")).unwrap();
    assert_eq!(
        books.check_credit(&account("4"), kes("4.01")),
        Err(Refusal::LimitExceeded)
    );
    assert_eq!(books.check_credit(&account("4"), kes("4")), Ok(()));
    instruct(&mut books, "release", release("reserve")).unwrap();
    assert_eq!(books.check_credit(&account("4"), kes("10")), Ok(()));
    instruct(&mut books, "reserve again", credit("4", "6")).unwrap();
    instruct(&mut books, "commit", commit("reserve again")).unwrap();
    assert_eq!(books.check_credit(&account("4"), kes("4")), Ok(()));
}

#[test]
fn what_was_never_reserved_cannot_be_committed_or_released() {
    assert_refused(commit("nothing"), UNKNOWN_RESERVATION);
    assert_refused(release("nothing"), UNKNOWN_RESERVATION);
    let mut books = books();
    instruct(&mut books, "transfer", transfer("2", "1", "50")).unwrap();
    let answer = instruct(&mut books, "commit", commit("transfer"));
    assert_eq!(answer, Err(UNKNOWN_RESERVATION));
}

#[test]
fn what_was_committed_or_released_stays_so() {
    let mut books = books();
    instruct(&mut books, "one", credit("1", "5")).unwrap();
    instruct(&mut books, "commit one", commit("one")).unwrap();
    instruct(&mut books, "two", credit("1", "5")).unwrap();
    instruct(&mut books, "release two", release("two")).unwrap();
    let before = books.report();
    for (answer, refusal) in [
        (
            instruct(&mut books, "a", commit("one")),
            RESERVATION_COMMITTED,
        ),
        (
            instruct(&mut books, "b", release("one")),
            RESERVATION_COMMITTED,
        ),
        (
            instruct(&mut books, "c", commit("two")),
            RESERVATION_RELEASED,
        ),
        (
            instruct(&mut books, "d", release("two")),
            RESERVATION_RELEASED,
        ),
    ] {
        assert_eq!(answer, Err(refusal));
    }
    assert_eq!(books.report(), before);
}

#[test]
fn an_account_that_was_blocked_or_closed_since_is_not_credited_before_it_is_open_again() {
    let mut books = books();
    instruct(&mut books, "reserve", credit("1", "50")).unwrap();
    let payee = account("1");
    for (status, refusal) in [
        (AccountStatus::Blocked, Refusal::AccountBlocked),
        (AccountStatus::Closed, Refusal::AccountClosed),
    ] {
        books.set_status(&payee, status).unwrap();
        let reference = format!("commit {status:?}");
        let answer = instruct(&mut books, &reference, commit("reserve"));
        assert_eq!(answer, Err(refusal));
    }
    books.set_status(&payee, AccountStatus::Active).unwrap();
    instruct(&mut books, "commit", commit("reserve")).unwrap();
    assert_eq!(funds(&books, "1"), two("150", "150"));
}

#[tokio::test]
async fn a_payment_goes_through_the_doors() {
    let caller = Caller::of_new_bank(configure);
    let check = json!({"account": PAYEE, "amount": kes_in_json("98")});
    assert_eq!(caller.post("/credit-checks", check).await, (200, json!({})));
    let reservation = json!({
        "reference": "t1:reserve-credit",
        "account": PAYEE,
        "funding_account": PAYS_PAYEES,
        "transfer_amount": kes_in_json("100"),
        "payee_receives": kes_in_json("98"),
        "fee": kes_in_json("2"),
        "commission": kes_in_json("0"),
    });
    let (status, body) = caller.post("/credit-reservations", reservation).await;
    assert_eq!(status, 200);
    assert!(body["booking_id"].is_string());
    let (_, balance) = caller
        .get(&format!("/accounts/{PAYS_PAYEES}/balance"))
        .await;
    assert_eq!(
        balance,
        json!({"account": PAYS_PAYEES, "balance": kes_in_json("1000"), "available": kes_in_json("900")})
    );
    let (status, _) = caller
        .post(
            "/credit-reservations/t1%3Areserve-credit/commit",
            json!({"reference": "t1:commit-credit"}),
        )
        .await;
    assert_eq!(status, 200);
    let (status, body) = caller
        .post(
            "/credit-reservations/t1:reserve-credit/release",
            json!({"reference": "t1:release-credit"}),
        )
        .await;
    assert_eq!(
        (status, &body["reason"]),
        (422, &json!("reservation_committed"))
    );
    let ledger = caller.bank.ledger();
    assert!(ledger.balanced);
    assert_eq!(ledger.account(PAYEE).unwrap().balance.to_string(), "1098");
}

#[derive(Debug, Clone)]
enum AnyOrder {
    Reserve(ReserveCredit),
    Commit(CommitCredit),
    Release(ReleaseCredit),
}

/// Orders that are possible often enough, and impossible often enough.
fn orders() -> impl Strategy<Value = AnyOrder> {
    let number =
        prop_oneof![4 => "[1-6]", 1 => Just(PAYS_PAYEES.to_owned()), 1 => Just("9".to_owned())];
    let amount = |minor: i64| kes(&Decimal::new(minor, 2).to_string());
    let credits = (number, 0i64..40_000, 0i64..300, 0i64..300).prop_map(
        move |(number, transfer_amount, fee, commission)| ReserveCredit {
            account: AccountNumber::new(number),
            funding_account: account(PAYS_PAYEES),
            transfer_amount: amount(transfer_amount),
            payee_receives: amount((transfer_amount - fee + commission).max(0)),
            fee: amount(fee),
            commission: amount(commission),
        },
    );
    prop_oneof![
        3 => credits.prop_map(AnyOrder::Reserve),
        2 => "[a-h]".prop_map(|reservation| AnyOrder::Commit(CommitCredit { reservation })),
        1 => "[a-h]".prop_map(|reservation| AnyOrder::Release(ReleaseCredit { reservation })),
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
                AnyOrder::Reserve(order) => books.instruct(&reference, order, forgetful),
                AnyOrder::Commit(order) => books.instruct(&reference, order, forgetful),
                AnyOrder::Release(order) => books.instruct(&reference, order, forgetful),
            });
        }
    }
}
