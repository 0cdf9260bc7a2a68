//! What the bank charges in these tests: what the sandbox bank's own table says.

use core_connector::domain::{
    amount::Amount,
    quote::{AmountType, PayeeCharges, Terms},
};
use rust_decimal::Decimal;

use crate::{
    customers::{Customer::Joshua, amount as of},
    debits::committed,
    incoming_payment::IncomingPayment,
    outgoing_payment::{send_money, sent},
    test_connector::TestConnector,
};

/// There is nothing to configure: the bank is asked.
pub const VARIABLES: &[(&str, &str)] = &[];

/// What is charged for an incoming payment of this amount.
pub fn payee_charges(_amount_type: AmountType, amount: Amount) -> PayeeCharges {
    let [fee, commission] = if is_large(amount) {
        ["3", "1"]
    } else {
        ["1", "0"]
    };
    PayeeCharges {
        fee: of(fee),
        commission: of(commission),
    }
}

/// What a payer is charged on top of the transfer amount.
pub fn payer_fee(terms: Terms) -> Amount {
    of(if is_large(terms.transfer_amount()) {
        "5"
    } else {
        "2"
    })
}

fn is_large(amount: Amount) -> bool {
    amount.value() > Decimal::from(500)
}

#[tokio::test]
async fn no_quote_is_given_while_the_bank_does_not_say_what_it_charges() {
    let connector = TestConnector::with(&[("CBS_PRICING_TIMEOUT_MS", "200")]).await;
    let payment = IncomingPayment::of("100");
    for (fault, code) in [("fail", "2003"), ("act_then_silent", "2005")] {
        connector.bank_fault("price_incoming", fault, Some(1));
        connector.quote(&payment).await.assert_error(500, code);
    }
    let refusal = rule_to_refuse("price_incoming");
    connector.bank_rule(refusal);
    connector.quote(&payment).await.assert_error(400, "5400");
    connector.bank_recovers();
    connector.quote(&payment).await.served();
    connector.assert_books([]);
}

#[tokio::test]
async fn no_payment_is_made_while_the_bank_does_not_say_what_it_charges() {
    let connector = TestConnector::start().await;
    for (fault, code) in [("fail", "2003"), ("act_then_silent", "2005")] {
        connector.bank_fault("price_outgoing", fault, Some(1));
        let payment = connector.pay(&send_money(Joshua, "100")).await;
        payment.assert_error(500, code);
    }
    connector.bank_recovers();
    connector.assert_books([]);
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.served();
    let id = connector.id_of(&request).await;
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
}

fn rule_to_refuse(operation: &str) -> serde_json::Value {
    serde_json::json!({
        "operation": operation,
        "fault": "refuse",
        "reason": "account_blocked",
        "times": 1,
    })
}
