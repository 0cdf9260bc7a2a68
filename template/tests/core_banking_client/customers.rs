//! Customers, and what their accounts can take.

use core_connector::{
    core_banking::port::{Customers, Refusal},
    domain::{
        identifier::{IdType, PartyIdentifier},
        party::AccountStatus,
    },
};

use crate::bank::{BLOCKED, Bank, PAYEE, account, amount, currency, msisdn, refused};
use crate::funding::PAYS_PAYEES;

#[tokio::test]
async fn a_customer_is_found_with_name_and_status_and_a_stranger_is_not() {
    let bank = Bank::open();
    let found = bank.client.find_customer(&msisdn("+265998571175")).await;
    let customer = found.unwrap().unwrap();
    assert_eq!(customer.account, account(PAYEE));
    assert_eq!(customer.display_name(), "John Doe");
    assert_eq!(customer.status, AccountStatus::Active);
    assert_eq!(customer.currency, currency());
    for (number, status) in [
        ("254700000106", AccountStatus::Blocked),
        ("254700000107", AccountStatus::Closed),
    ] {
        let found = bank.client.find_customer(&msisdn(number)).await;
        assert_eq!(found.unwrap().unwrap().status, status);
    }
    let nobody = bank.client.find_customer(&msisdn("46733123450")).await;
    assert_eq!(nobody, Ok(None));
}

#[tokio::test]
async fn a_credit_is_checked_without_moving_anything() {
    let bank = Bank::open();
    let check = async |payee: &str, text: &str| {
        let payee = account(payee);
        bank.client.check_credit(&payee, amount(text)).await
    };
    assert_eq!(check(PAYEE, "100").await, Ok(()));
    assert_eq!(check(PAYEE, "491").await, refused(Refusal::LimitExceeded));
    assert_eq!(check(BLOCKED, "1").await, refused(Refusal::AccountBlocked));
    assert_eq!(check("closed", "1").await, refused(Refusal::AccountClosed));
    assert_eq!(check("?", "1").await, refused(Refusal::UnknownAccount));
    assert_eq!(bank.available(PAYS_PAYEES), "1000");
}

#[tokio::test]
async fn an_identifier_does_not_change_the_path() {
    let bank = Bank::open();
    let alias = |value| PartyIdentifier::parse(IdType::Alias, value, None, None).unwrap();
    let found = bank.client.find_customer(&alias("a/b c?d#e%2F")).await;
    assert_eq!(found.unwrap().unwrap().account, account(PAYEE));
    for stranger in ["a", "a/../a", "../a", "?", "a%2Fb"] {
        let found = bank.client.find_customer(&alias(stranger)).await;
        assert!(!matches!(found, Ok(Some(_))), "{stranger}: {found:?}");
    }
}
