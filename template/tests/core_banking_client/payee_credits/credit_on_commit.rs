//! Incoming payments: the payee is credited once the scheme has committed.

use core_connector::{
    core_banking::port::{Booking, Bookings, PayeeCredit, PayeePostings, Refusal},
    domain::{
        quote::{AmountType, PayeeCharges, Terms},
        reference::{CreditStep, Reference},
        transfer_id::TransferId,
    },
};

use crate::bank::{BLOCKED, Bank, PAYEE, account, amount, refused};
use crate::funding::PAYS_PAYEES;

fn of_commit(transfer: &str) -> Reference {
    let transfer_id: TransferId = transfer.parse().unwrap();
    Reference::of_credit(&transfer_id, CreditStep::Commit)
}

/// A credit of 100, of which the payee is charged 3 and given 1.
fn credit_to(payee: &str) -> PayeeCredit {
    let charges = PayeeCharges {
        fee: amount("3"),
        commission: amount("1"),
    };
    PayeeCredit {
        payee: account(payee),
        funding: account(PAYS_PAYEES),
        terms: Terms::of(AmountType::Send, amount("100"), charges).unwrap(),
    }
}

#[tokio::test]
async fn a_payee_is_credited_and_the_booking_is_found_by_its_reference() {
    let bank = Bank::open();
    let commit = &of_commit("t-1");
    assert_eq!(bank.client.find_booking(commit).await, Ok(None));

    let credited = bank.client.credit_payee(commit, &credit_to(PAYEE)).await;
    let credited = credited.unwrap();
    // 99 go from the funding account to the payee, who is charged 3 and given 1.
    assert_eq!(bank.available(PAYS_PAYEES), "901");
    assert_eq!(bank.available(PAYEE), "107");
    assert_eq!(bank.available("fees"), "2");
    let found = bank.client.find_booking(commit).await;
    assert_eq!(found, Ok(Some(Booking::Done(credited))));
}

#[tokio::test]
async fn a_credit_that_comes_again_is_recognised() {
    let bank = Bank::open();
    let commit = &of_commit("t-1");
    let credit = &credit_to(PAYEE);
    let credited = bank.client.credit_payee(commit, credit).await.unwrap();
    let again = bank.client.credit_payee(commit, credit).await;
    assert_eq!(again, Ok(credited));
    assert_eq!(bank.available(PAYEE), "107");
}

#[tokio::test]
async fn a_blocked_account_is_not_credited() {
    let bank = Bank::open();
    let credited = bank
        .client
        .credit_payee(&of_commit("t-1"), &credit_to(BLOCKED))
        .await;
    assert_eq!(credited, refused(Refusal::AccountBlocked));
    assert_eq!(bank.available(PAYS_PAYEES), "1000");
}
