//! Incoming payments: a credit is reserved, then committed or released.

use core_connector::{
    core_banking::port::{Booking, Bookings, CreditReservation, PayeeCredits, Refusal},
    domain::{
        quote::{AmountType, PayeeCharges, Terms},
        reference::{CreditStep, Reference},
        transfer_id::TransferId,
    },
};

use crate::bank::{Bank, PAYEE, account, amount, refused};
use crate::funding::PAYS_PAYEES;

fn of_credit(transfer: &str, step: CreditStep) -> Reference {
    let transfer_id: TransferId = transfer.parse().unwrap();
    Reference::of_credit(&transfer_id, step)
}

/// A credit of 100, of which the payee is charged 3 and given 1.
fn credit_to(payee: &str) -> CreditReservation {
    let charges = PayeeCharges {
        fee: amount("3"),
        commission: amount("1"),
    };
    CreditReservation {
        payee: account(payee),
        funding: account(PAYS_PAYEES),
        terms: Terms::of(AmountType::Send, amount("100"), charges).unwrap(),
    }
}

#[tokio::test]
async fn a_credit_is_reserved_and_committed_and_each_is_found_by_its_reference() {
    let bank = Bank::open();
    let reserve = &of_credit("t-1", CreditStep::Reserve);
    let commit = &of_credit("t-1", CreditStep::Commit);
    assert_eq!(bank.client.find_booking(reserve).await, Ok(None));

    let reserved = bank.client.reserve_credit(reserve, &credit_to(PAYEE)).await;
    let reserved = reserved.unwrap();
    // 99 go from the funding account to the payee, who is charged 3 and given 1.
    assert_eq!(bank.available(PAYS_PAYEES), "901");
    let found = bank.client.find_booking(reserve).await;
    assert_eq!(found, Ok(Some(Booking::Done(reserved.clone()))));
    assert_eq!(bank.client.find_booking(commit).await, Ok(None));

    let committed = bank.client.commit_credit(commit, reserve).await.unwrap();
    assert_ne!(committed, reserved);
    assert_eq!(bank.available(PAYEE), "107");
    assert_eq!(bank.available("fees"), "2");
    let found = bank.client.find_booking(commit).await;
    assert_eq!(found, Ok(Some(Booking::Done(committed))));
}

#[tokio::test]
async fn a_reserved_credit_is_released() {
    let bank = Bank::open();
    let reserve = &of_credit("t-1", CreditStep::Reserve);
    let release = &of_credit("t-1", CreditStep::Release);
    let reserved = bank.client.reserve_credit(reserve, &credit_to(PAYEE)).await;
    reserved.unwrap();
    bank.client.release_credit(release, reserve).await.unwrap();
    assert_eq!(bank.available(PAYS_PAYEES), "1000");
    assert_eq!(bank.available(PAYEE), "10");
}

#[tokio::test]
async fn what_was_never_reserved_cannot_be_committed() {
    let bank = Bank::open();
    let commit = of_credit("t-1", CreditStep::Commit);
    let reservation = of_credit("t-1", CreditStep::Reserve);
    let committed = bank.client.commit_credit(&commit, &reservation).await;
    assert_eq!(committed, refused(Refusal::Other));
    assert!(bank.bank.ledger().open_holds.is_empty());
}
