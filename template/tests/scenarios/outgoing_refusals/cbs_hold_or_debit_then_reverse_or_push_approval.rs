//! Money that cannot be reserved: the payment ends before the scheme transfers.

use crate::{customers::Customer, outgoing_payment::send_money, test_connector::TestConnector};

// [if payer_steps is not one_step]
#[tokio::test]
async fn an_account_that_is_blocked_before_the_payer_agrees_is_not_debited() {
    use core_connector::domain::party::{AccountNumber, AccountStatus};

    let connector = TestConnector::start().await;
    let id = connector.offered(Customer::Joshua, "100").await;
    let account = AccountNumber::new(Customer::Joshua.account());
    let blocked = AccountStatus::Blocked;
    connector
        .bank
        .set_account_status(&account, blocked)
        .unwrap();
    connector.accept(&id).await.assert_error(500, "5400");
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);
}

// [end]
#[tokio::test]
async fn what_the_bank_refuses_to_reserve_is_rejected_at_the_scheme() {
    let connector = TestConnector::start().await;
    for (payer, amount, code) in [
        (Customer::Poor, "100", "4001"),
        (Customer::Limited, "60", "4200"),
    ] {
        let request = send_money(payer, amount);
        connector.pay(&request).await.assert_error(500, code);
        let id = connector.id_of(&request).await;
        connector.assert_rejected_at_scheme(&id).await;
        assert_eq!(connector.outgoing_state_told(&id).await, "ABORTED");
    }
    connector.assert_books([]);
}
