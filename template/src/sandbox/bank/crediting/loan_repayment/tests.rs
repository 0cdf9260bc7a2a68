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

fn repayment(loan: &str, transfer_amount: &str) -> PostRepayment {
    PostRepayment {
        account: account(loan),
        funding_account: account(PAYS_PAYEES),
        transfer_amount: kes(transfer_amount),
        payee_receives: kes(transfer_amount),
        fee: kes("0"),
        commission: kes("0"),
    }
}

fn reverse(repayment: &str) -> ReverseRepayment {
    ReverseRepayment {
        repayment: repayment.to_owned(),
    }
}

#[test]
fn a_repayment_is_posted_at_once_and_its_reversal_posts_the_opposite() {
    let mut books = books();
    let order = PostRepayment {
        payee_receives: kes("48.5"),
        fee: kes("2"),
        commission: kes("0.5"),
        ..repayment("1", "50")
    };
    instruct(&mut books, "repay", order).unwrap();
    assert_eq!(funds(&books, PAYS_PAYEES), two("950", "950"));
    assert_eq!(funds(&books, "1"), two("148.5", "148.5"));
    assert_eq!(funds(&books, "fees"), two("1.5", "1.5"));
    assert!(books.report().open_holds.is_empty());

    instruct(&mut books, "reverse", reverse("repay")).unwrap();
    assert_eq!(funds(&books, PAYS_PAYEES), two("1000", "1000"));
    assert_eq!(funds(&books, "1"), two("100", "100"));
    assert_eq!(funds(&books, "fees"), two("0", "0"));
    let report = books.report();
    assert!(report.balanced);
    // Both stay in the books.
    assert_eq!(report.postings_of("repay").len(), 1);
    assert_eq!(report.postings_of("reverse").len(), 1);
}

#[test]
fn a_repayment_that_cannot_be_posted_is_refused() {
    assert_refused(repayment("9", "1"), Refusal::UnknownAccount);
    assert_refused(repayment(PAYS_PAYEES, "1"), Refusal::UnknownAccount);
    assert_refused(repayment("5", "1"), Refusal::AccountBlocked);
    assert_refused(repayment("6", "1"), Refusal::AccountClosed);
    assert_refused(repayment("3", "50.01"), Refusal::LimitExceeded);
    assert_refused(repayment("4", "10.01"), Refusal::LimitExceeded);
    assert_refused(repayment("1", "0"), Refusal::Malformed);
    let shillings_of_uganda = Amount::parse("1", "UGX".parse().unwrap()).unwrap();
    let refused = [
        (
            PostRepayment {
                funding_account: account("2"),
                ..repayment("1", "1")
            },
            Refusal::UnknownFundingAccount,
        ),
        (
            PostRepayment {
                fee: kes("0.01"),
                ..repayment("1", "1")
            },
            Refusal::Malformed,
        ),
        (
            PostRepayment {
                payee_receives: kes("0"),
                fee: kes("1"),
                ..repayment("1", "1")
            },
            Refusal::Malformed,
        ),
        (
            PostRepayment {
                transfer_amount: shillings_of_uganda,
                payee_receives: shillings_of_uganda,
                ..repayment("1", "1")
            },
            Refusal::CurrencyNotSupported,
        ),
    ];
    for (repayment, refusal) in refused {
        assert_refused(repayment, refusal);
    }
}

#[test]
fn what_was_never_posted_cannot_be_reversed() {
    assert_refused(reverse("nothing"), UNKNOWN_REPAYMENT);
    let mut books = books();
    instruct(&mut books, "transfer", transfer("2", "1", "50")).unwrap();
    let answer = instruct(&mut books, "reverse", reverse("transfer"));
    assert_eq!(answer, Err(UNKNOWN_REPAYMENT));
}

#[test]
fn what_was_reversed_stays_so() {
    let mut books = books();
    instruct(&mut books, "repay", repayment("1", "5")).unwrap();
    instruct(&mut books, "reverse", reverse("repay")).unwrap();
    let before = books.report();
    let answer = instruct(&mut books, "reverse again", reverse("repay"));
    assert_eq!(answer, Err(REPAYMENT_REVERSED));
    assert_eq!(books.report(), before);
}

#[test]
fn a_repayment_is_not_reversed_when_the_money_has_gone_or_the_account_is_not_open() {
    let mut books = books();
    instruct(&mut books, "repay", repayment("1", "50")).unwrap();
    let loan = account("1");
    for (status, refusal) in [
        (AccountStatus::Blocked, Refusal::AccountBlocked),
        (AccountStatus::Closed, Refusal::AccountClosed),
    ] {
        books.set_status(&loan, status).unwrap();
        let reference = format!("reverse {status:?}");
        let answer = instruct(&mut books, &reference, reverse("repay"));
        assert_eq!(answer, Err(refusal));
    }
    books.set_status(&loan, AccountStatus::Active).unwrap();
    instruct(&mut books, "withdraw", transfer("1", "2", "120")).unwrap();
    let answer = instruct(&mut books, "reverse", reverse("repay"));
    assert_eq!(answer, Err(Refusal::InsufficientFunds));
    assert_eq!(funds(&books, "1"), two("30", "30"));
}

#[tokio::test]
async fn a_repayment_goes_through_the_doors() {
    let caller = Caller::of_new_bank(configure);
    let repayment = json!({
        "reference": "t1:reserve-credit",
        "account": PAYEE,
        "funding_account": PAYS_PAYEES,
        "transfer_amount": kes_in_json("100"),
        "payee_receives": kes_in_json("98"),
        "fee": kes_in_json("2"),
        "commission": kes_in_json("0"),
    });
    let (status, body) = caller.post("/repayments", repayment).await;
    assert_eq!(status, 200);
    assert!(body["booking_id"].is_string());
    let ledger = caller.bank.ledger();
    assert_eq!(ledger.account(PAYEE).unwrap().balance.to_string(), "1098");

    let path = "/repayments/t1%3Areserve-credit/reverse";
    let reversal = json!({"reference": "t1:release-credit"});
    let (status, _) = caller.post(path, reversal).await;
    assert_eq!(status, 200);
    let again = json!({"reference": "another"});
    let (status, body) = caller.post(path, again).await;
    assert_eq!(
        (status, &body["reason"]),
        (422, &json!("repayment_reversed"))
    );
    let ledger = caller.bank.ledger();
    assert!(ledger.balanced);
    assert_eq!(ledger.account(PAYEE).unwrap().balance.to_string(), "1000");
}

#[derive(Debug, Clone)]
enum AnyOrder {
    Post(PostRepayment),
    Reverse(ReverseRepayment),
}

/// Orders that are possible often enough, and impossible often enough.
fn orders() -> impl Strategy<Value = AnyOrder> {
    let number =
        prop_oneof![4 => "[1-6]", 1 => Just(PAYS_PAYEES.to_owned()), 1 => Just("9".to_owned())];
    let amount = |minor: i64| kes(&Decimal::new(minor, 2).to_string());
    let repayments = (number, 0i64..40_000, 0i64..300, 0i64..300).prop_map(
        move |(number, transfer_amount, fee, commission)| PostRepayment {
            account: AccountNumber::new(number),
            funding_account: account(PAYS_PAYEES),
            transfer_amount: amount(transfer_amount),
            payee_receives: amount((transfer_amount - fee + commission).max(0)),
            fee: amount(fee),
            commission: amount(commission),
        },
    );
    prop_oneof![
        3 => repayments.prop_map(AnyOrder::Post),
        2 => "[a-h]".prop_map(|repayment| AnyOrder::Reverse(ReverseRepayment { repayment })),
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
                AnyOrder::Post(order) => books.instruct(&reference, order, forgetful),
                AnyOrder::Reverse(order) => books.instruct(&reference, order, forgetful),
            });
        }
    }
}
