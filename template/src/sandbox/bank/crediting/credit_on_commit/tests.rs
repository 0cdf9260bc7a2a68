use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

use super::*;
use crate::sandbox::bank::{
    api::caller::{Caller, PAYEE, kes as kes_in_json},
    books::example::*,
};

fn credit(payee: &str, transfer_amount: &str) -> CreditPayee {
    CreditPayee {
        account: account(payee),
        funding_account: account(PAYS_PAYEES),
        transfer_amount: kes(transfer_amount),
        payee_receives: kes(transfer_amount),
        fee: kes("0"),
        commission: kes("0"),
    }
}

#[test]
fn an_incoming_payment_is_paid_at_once() {
    let mut books = books();
    let order = CreditPayee {
        payee_receives: kes("48.5"),
        fee: kes("2"),
        commission: kes("0.5"),
        ..credit("1", "50")
    };
    instruct(&mut books, "credit", order).unwrap();
    assert_eq!(funds(&books, PAYS_PAYEES), two("950", "950"));
    assert_eq!(funds(&books, "1"), two("148.5", "148.5"));
    assert_eq!(funds(&books, "fees"), two("1.5", "1.5"));
    let report = books.report();
    assert!(report.balanced && report.open_holds.is_empty());
    assert_eq!(report.postings_of("credit").len(), 1);
}

#[test]
fn a_commission_above_the_fee_is_paid_from_what_the_bank_earned() {
    let mut books = books();
    let order = CreditPayee {
        payee_receives: kes("51"),
        commission: kes("1"),
        ..credit("1", "50")
    };
    instruct(&mut books, "credit", order).unwrap();
    assert_eq!(funds(&books, "fees"), two("-1", "-1"));
    assert!(books.report().balanced);
}

#[test]
fn a_credit_that_cannot_be_paid_is_refused() {
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
            CreditPayee {
                funding_account: account("2"),
                ..credit("1", "1")
            },
            Refusal::UnknownFundingAccount,
        ),
        (
            CreditPayee {
                fee: kes("0.01"),
                ..credit("1", "1")
            },
            Refusal::Malformed,
        ),
        (
            CreditPayee {
                payee_receives: kes("0"),
                fee: kes("1"),
                ..credit("1", "1")
            },
            Refusal::Malformed,
        ),
        (
            CreditPayee {
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

#[tokio::test]
async fn a_payment_goes_through_the_doors() {
    let caller = Caller::of_new_bank(configure);
    let credit = json!({
        "reference": "t1:commit-credit",
        "account": PAYEE,
        "funding_account": PAYS_PAYEES,
        "transfer_amount": kes_in_json("100"),
        "payee_receives": kes_in_json("98"),
        "fee": kes_in_json("2"),
        "commission": kes_in_json("0"),
    });
    let (status, body) = caller.post("/credits", credit.clone()).await;
    assert_eq!(status, 200);
    assert!(body["booking_id"].is_string());
    assert_eq!(caller.post("/credits", credit).await, (status, body));
    let ledger = caller.bank.ledger();
    assert!(ledger.balanced);
    assert_eq!(ledger.account(PAYEE).unwrap().balance.to_string(), "1098");
    assert_eq!(
        ledger.account(PAYS_PAYEES).unwrap().balance.to_string(),
        "900"
    );
}

/// Credits that are possible often enough, and impossible often enough.
fn credits() -> impl Strategy<Value = CreditPayee> {
    let number =
        prop_oneof![4 => "[1-6]", 1 => Just(PAYS_PAYEES.to_owned()), 1 => Just("9".to_owned())];
    let amount = |minor: i64| kes(&Decimal::new(minor, 2).to_string());
    (number, 0i64..40_000, 0i64..300, 0i64..300).prop_map(
        move |(number, transfer_amount, fee, commission)| CreditPayee {
            account: AccountNumber::new(number),
            funding_account: account(PAYS_PAYEES),
            transfer_amount: amount(transfer_amount),
            payee_receives: amount((transfer_amount - fee + commission).max(0)),
            fee: amount(fee),
            commission: amount(commission),
        },
    )
}

proptest! {
    #[test]
    fn whatever_comes_the_books_stay_in_order(
        instructions in prop::collection::vec(("[a-h]", credits(), any::<bool>()), 1..60),
    ) {
        let mut books = books();
        for (reference, order, forgetful) in instructions {
            assert_stays_in_order(&mut books, |books| books.instruct(&reference, order, forgetful));
        }
    }
}
