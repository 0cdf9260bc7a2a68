//! Who is found in the scheme: the bank's channels say.

use serde_json::json;

use crate::{
    customers::{Customer, currency, id_type, other_currency},
    test_connector::TestConnector,
};

#[tokio::test]
async fn customers_are_made_known_to_the_scheme_and_unknown_again() {
    let connector = TestConnector::start().await;
    let value = Customer::John.id_value();
    let accounts = json!([
        { "idType": id_type(), "idValue": value, "currency": currency() },
        { "idType": id_type(), "idValue": Customer::Joshua.id_value(), "idSubValue": "savings" },
    ]);
    let answer = connector.dfsp.post("/accounts", &accounts).await.served();
    assert_eq!(answer["currentState"], "COMPLETED");
    assert_eq!(answer["accounts"], accounts);
    // The headers of the scheme's own messages hold a token.
    assert_eq!(answer.get("postAccountsResponse"), None);

    for part in ["", "/savings"] {
        let path = format!("/accounts/{}/{value}{part}", id_type());
        let answer = connector.dfsp.delete(&path).await.served();
        assert_eq!(answer["currentState"], "COMPLETED");
        assert_eq!(answer["idValue"], value);
        assert_eq!(answer.get("deleteAccountResponse"), None);
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn accounts_that_are_not_described_rightly_are_refused() {
    let connector = TestConnector::start().await;
    let (id_type, value) = (id_type(), Customer::John.id_value());
    for (accounts, code) in [
        (json!([{ "idTypo": id_type, "idValue": value }]), "3102"),
        (json!([{ "idType": id_type, "idvalue": value }]), "3102"),
        (json!([{ "idType": "SHOE_SIZE", "idValue": "43" }]), "3100"),
        (json!([{ "idType": id_type, "idValue": "" }]), "3101"),
        (json!([{ "idType": id_type, "idValue": 7 }]), "3101"),
        (
            json!([{ "idType": id_type, "idValue": value, "currency": other_currency() }]),
            "5106",
        ),
        (json!([]), "3101"),
        (json!({}), "3101"),
    ] {
        let answer = connector.dfsp.post("/accounts", &accounts).await;
        answer.assert_error(400, code);
    }
    let answer = connector.dfsp.delete("/accounts/SHOE_SIZE/43").await;
    answer.assert_error(400, "3100");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_directory_that_does_not_take_the_change_is_a_passing_failure() {
    let connector = TestConnector::start().await;
    let rule = json!({ "operation": "accounts", "fault": "fail" });
    connector.scheme_behaves(json!({ "rules": [rule] })).await;
    let accounts = json!([{ "idType": id_type(), "idValue": Customer::John.id_value() }]);
    let answer = connector.dfsp.post("/accounts", &accounts).await;
    answer.assert_error(500, "2003");
    connector.assert_books([]);
}
