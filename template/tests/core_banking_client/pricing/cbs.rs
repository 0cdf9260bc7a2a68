//! What the bank charges for a payment.

use core_connector::{
    core_banking::port::{BankError, Pricing, Refusal},
    domain::quote::{AmountType, PayeeCharges, Terms},
};
use serde_json::json;

use crate::bank::{BLOCKED, Bank, PAYEE, PAYER, account, amount, refused};

fn terms(text: &str) -> Terms {
    let nothing = PayeeCharges {
        fee: amount("0"),
        commission: amount("0"),
    };
    Terms::of(AmountType::Send, amount(text), nothing).unwrap()
}

#[tokio::test]
async fn the_bank_says_what_a_payment_costs_and_charges_nothing_yet() {
    let bank = Bank::open();
    let [payee, payer] = [account(PAYEE), account(PAYER)];
    for (size, [fee, commission, payer_fee]) in [("10", ["1", "0", "2"]), ("600", ["3", "1", "5"])]
    {
        for amount_type in [AmountType::Send, AmountType::Receive] {
            let priced = bank.client.payee_charges(&payee, amount_type, amount(size));
            let expected = PayeeCharges {
                fee: amount(fee),
                commission: amount(commission),
            };
            assert_eq!(priced.await, Ok(expected));
        }
        let priced = bank.client.payer_fee(&payer, terms(size)).await;
        assert_eq!(priced, Ok(amount(payer_fee)));
    }
    assert_eq!(bank.available(PAYER), "100");
}

#[tokio::test]
async fn charges_that_are_not_known_are_not_taken_for_none() {
    let bank = Bank::open();
    let priced = bank.client.payer_fee(&account(BLOCKED), terms("10")).await;
    assert_eq!(priced, refused(Refusal::AccountBlocked));
    bank.misbehaves(json!({ "operation": "price_outgoing", "fault": "fail" }));
    let priced = bank.client.payer_fee(&account(PAYER), terms("10")).await;
    assert!(matches!(priced, Err(BankError::Failed(_))), "{priced:?}");
}
