//! What is left to pay payees from.

use core_connector::{
    core_banking::port::{Liquidity, Refusal},
    domain::currency::Currency,
    environment::answers,
};

use crate::bank::{Bank, account, amount, currency, refused};
use crate::funding::PAYS_PAYEES;

#[tokio::test]
async fn what_is_left_to_pay_payees_from_is_known() {
    let bank = Bank::open();
    let funding = &account(PAYS_PAYEES);
    let available = bank.client.available(funding, currency()).await;
    assert_eq!(available, Ok(amount("1000")));

    let other: Currency = if answers::CURRENCY == "EUR" {
        "USD"
    } else {
        "EUR"
    }
    .parse()
    .unwrap();
    let available = bank.client.available(funding, other).await;
    assert_eq!(available, refused(Refusal::CurrencyNotSupported));
    let available = bank.client.available(&account("?"), currency()).await;
    assert_eq!(available, refused(Refusal::UnknownAccount));
}
