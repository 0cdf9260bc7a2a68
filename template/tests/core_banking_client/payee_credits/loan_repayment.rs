//! Incoming payments: a repayment is posted at once, and reversed if the
//! scheme aborts.

use core_connector::{
    core_banking::port::{Booking, Bookings, LoanRepayment, LoanRepayments, Refusal},
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

/// A repayment of 100, of which the customer is charged 3 and given 1.
fn repayment_of(loan: &str) -> LoanRepayment {
    let charges = PayeeCharges {
        fee: amount("3"),
        commission: amount("1"),
    };
    LoanRepayment {
        loan: account(loan),
        funding: account(PAYS_PAYEES),
        terms: Terms::of(AmountType::Send, amount("100"), charges).unwrap(),
    }
}

#[tokio::test]
async fn a_repayment_is_posted_and_reversed_and_each_is_found_by_its_reference() {
    let bank = Bank::open();
    let repay = &of_credit("t-1", CreditStep::Reserve);
    let reverse = &of_credit("t-1", CreditStep::Release);
    assert_eq!(bank.client.find_booking(repay).await, Ok(None));

    let posted = bank
        .client
        .post_repayment(repay, &repayment_of(PAYEE))
        .await;
    let posted = posted.unwrap();
    // 99 go from the funding account to the loan, whose customer is charged 3 and given 1.
    assert_eq!(bank.available(PAYS_PAYEES), "901");
    assert_eq!(bank.available(PAYEE), "107");
    assert_eq!(bank.available("fees"), "2");
    let found = bank.client.find_booking(repay).await;
    assert_eq!(found, Ok(Some(Booking::Done(posted.clone()))));
    assert_eq!(bank.client.find_booking(reverse).await, Ok(None));

    let reversed = bank.client.reverse_repayment(reverse, repay).await.unwrap();
    assert_ne!(reversed, posted);
    assert_eq!(bank.available(PAYS_PAYEES), "1000");
    assert_eq!(bank.available(PAYEE), "10");
    assert_eq!(bank.available("fees"), "0");
    let found = bank.client.find_booking(reverse).await;
    assert_eq!(found, Ok(Some(Booking::Done(reversed))));
}

#[tokio::test]
async fn what_was_never_posted_cannot_be_reversed() {
    let bank = Bank::open();
    let reverse = of_credit("t-1", CreditStep::Release);
    let repayment = of_credit("t-1", CreditStep::Reserve);
    let reversed = bank.client.reverse_repayment(&reverse, &repayment).await;
    assert_eq!(reversed, refused(Refusal::Other));
    assert_eq!(bank.available(PAYS_PAYEES), "1000");
}
