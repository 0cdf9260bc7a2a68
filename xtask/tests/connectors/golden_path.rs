//! What the official golden path collection sends, oddities included, and what
//! it expects. The connector is the one that `cargo run` starts: with the
//! sandbox inside, and configured by nothing but its ports.

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::{
    http::{Answer, send},
    running::RunningProgram,
};

use crate::site::{
    CURRENCY, ELSEWHERE, NOBODY, PAYEE, PAYER, Ports, WORKSHOP, assert_refused, new_id,
};

/// A connector as it is when nothing is configured.
struct Unconfigured {
    _connector: RunningProgram,
    _folder: TempDir,
    ports: Ports,
}

impl Unconfigured {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let ports = Ports::free();
        let log = folder.path().join("connector.log");
        let program = WORKSHOP.connector();
        let variables = ports.variables();
        let mut connector =
            RunningProgram::start(&program, folder.path(), &log, variables).unwrap();
        connector.wait_until_healthy(ports.backend_api).unwrap();
        connector.wait_until_healthy(ports.dfsp_api).unwrap();
        Self {
            _connector: connector,
            _folder: folder,
            ports,
        }
    }

    fn backend(&self, method: &str, path: &str, body: &Value) -> Answer {
        send(self.ports.backend_api, method, path, Some(body)).unwrap()
    }

    fn dfsp(&self, method: &str, path: &str, body: &Value) -> Answer {
        send(self.ports.dfsp_api, method, path, Some(body)).unwrap()
    }

    /// The number of postings besides the opening, and that of open holds.
    fn books(&self) -> (usize, usize) {
        let report = send(self.ports.bank, "GET", "/ledger", None)
            .unwrap()
            .json();
        assert_eq!(report["balanced"], true);
        let count = |list: &str| report[list].as_array().unwrap().len();
        (count("postings") - 1, count("open_holds"))
    }
}

fn party(id_value: &str) -> Value {
    json!({ "idType": "MSISDN", "idValue": id_value })
}

fn quote_request() -> Value {
    json!({
        "quoteId": new_id(),
        "transactionId": new_id(),
        "to": party(PAYEE),
        "from": party(PAYER),
        "amountType": "SEND",
        "amount": "50",
        "currency": CURRENCY,
        "feesCurrency": CURRENCY,
        "transactionType": "TRANSFER",
        "initiator": "PAYER",
        "initiatorType": "CONSUMER",
    })
}

/// A quote that the connector never issued, in another currency than the
/// transfer, and long expired.
fn transfer() -> Value {
    json!({
        "transferId": new_id(),
        "quote": {
            "quoteId": new_id(),
            "transactionId": new_id(),
            "payeeFspCommissionAmount": "0",
            "payeeFspCommissionAmountCurrency": "ZMW",
            "payeeFspFeeAmount": "0",
            "payeeFspFeeAmountCurrency": "ZMW",
            "payeeReceiveAmount": "50",
            "payeeReceiveAmountCurrency": "ZMW",
            "transferAmount": "50",
            "transferAmountCurrency": "ZMW",
            "expiration": "2024-02-05T13:22:30.000Z",
        },
        "from": { "IdType": "MSISDN", "idValue": PAYER },
        "to": party(PAYEE),
        "amountType": "SEND",
        "currency": CURRENCY,
        "amount": "50",
        "transactionType": "TRANSFER",
    })
}

fn payment(path: &str) -> Value {
    let amount = if path == "/send-money" {
        "sendAmount"
    } else {
        "receiveAmount"
    };
    let mut body = json!({
        "homeTransactionId": new_id(),
        "payeeId": ELSEWHERE,
        "payeeIdType": "MSISDN",
        "sendCurrency": CURRENCY,
        "receiveCurrency": CURRENCY,
        "transactionDescription": "a present",
        "transactionType": "TRANSFER",
        "payer": { "name": "A Customer", "payerId": PAYER },
    });
    body[amount] = json!("50");
    body
}

/// Both use cases of the DFSP API.
const PAYMENTS: [&str; 2] = ["/send-money", "/merchant-payment"];

#[test]
fn both_probes_are_answered() {
    let connector = Unconfigured::start();
    for path in ["/", "/health"] {
        for port in [connector.ports.backend_api, connector.ports.dfsp_api] {
            assert_eq!(send(port, "GET", path, None).unwrap().status, 200);
        }
    }
}

#[test]
fn a_party_is_found() {
    let connector = Unconfigured::start();
    let path = format!("/parties/MSISDN/{PAYEE}");
    let answer = connector.backend("GET", &path, &Value::Null);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.field("idValue"), PAYEE);
    assert!(answer.json()["supportedCurrencies"].is_array());
}

#[test]
fn a_party_that_does_not_exist_is_not_found() {
    let connector = Unconfigured::start();
    let path = format!("/parties/MSISDN/{NOBODY}");
    let answer = connector.backend("GET", &path, &Value::Null);
    assert_refused(&answer, 400, "3204");
}

#[test]
fn an_unsupported_identifier_type_is_refused() {
    let connector = Unconfigured::start();
    for id_type in ["IBAN", "PASSPORT", "msisdn"] {
        let path = format!("/parties/{id_type}/{PAYEE}");
        assert_refused(&connector.backend("GET", &path, &Value::Null), 400, "3100");
        let mut request = quote_request();
        request["to"]["idType"] = json!(id_type);
        let answer = connector.backend("POST", "/quoterequests", &request);
        assert_refused(&answer, 400, "3100");
    }
}

#[test]
fn a_quote_is_given() {
    let connector = Unconfigured::start();
    let answer = connector.backend("POST", "/quoterequests", &quote_request());
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.field("transferAmount"), "50");
    assert_eq!(answer.field("transferAmountCurrency"), CURRENCY);
}

#[test]
fn of_a_request_that_is_wrong_twice_the_currency_is_refused() {
    let connector = Unconfigured::start();
    let mut request = quote_request();
    request["currency"] = json!("ABC");
    request["to"]["idType"] = json!("PASSPORT");
    let answer = connector.backend("POST", "/quoterequests", &request);
    assert_refused(&answer, 400, "5106");
}

#[test]
fn an_empty_quote_request_is_refused() {
    let connector = Unconfigured::start();
    let answer = connector.backend("POST", "/quoterequests", &json!({}));
    assert_refused(&answer, 400, "3102");
}

#[test]
fn a_transfer_without_a_quote_of_ours_is_reserved() {
    let connector = Unconfigured::start();
    let answer = connector.backend("POST", "/transfers", &transfer());
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.field("transferState"), "RESERVED");
    assert!(!answer.field("homeTransactionId").is_empty());
    assert_eq!(connector.books(), (0, 1));
}

#[test]
fn a_bad_transfer_is_refused() {
    let connector = Unconfigured::start();
    let mut to_unknown_type = transfer();
    to_unknown_type["to"]["idType"] = json!("PASSPORT");
    let mut in_unknown_currency = transfer();
    in_unknown_currency["currency"] = json!("ABC");
    for (body, code) in [
        (to_unknown_type, "3100"),
        (in_unknown_currency, "5106"),
        (json!({}), "3102"),
    ] {
        let answer = connector.backend("POST", "/transfers", &body);
        assert_refused(&answer, 400, code);
    }
    assert_eq!(connector.books(), (0, 0));
}

#[test]
fn a_transfer_that_was_never_prepared_can_be_completed_and_moves_nothing() {
    let connector = Unconfigured::start();
    let path = format!("/transfers/{}", new_id());
    let body = json!({ "transferId": new_id(), "currentState": "COMPLETED" });
    let answer = connector.backend("PUT", &path, &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(connector.books(), (0, 0));
}

#[test]
fn an_error_for_a_transfer_that_is_literally_a_placeholder_is_one() {
    let connector = Unconfigured::start();
    let body = json!({ "transferId": new_id(), "currentState": "ERROR_OCCURRED" });
    let answer = connector.backend("PUT", "/transfers/{transferId}", &body);
    assert_eq!(answer.status, 500, "{}", answer.text);
    assert_eq!(answer.field("message"), "Transfer Not Completed Error");
    assert_eq!(answer.field("status"), answer.field("statusCode"));
    assert_eq!(connector.books(), (0, 0));
}

#[test]
fn a_transfer_that_was_prepared_can_be_asked_for() {
    let connector = Unconfigured::start();
    let prepare = transfer();
    let id = prepare["transferId"].as_str().unwrap();
    connector.backend("POST", "/transfers", &prepare);
    let answer = connector.backend("GET", &format!("/transfers/{id}"), &Value::Null);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.field("transferState"), "RESERVED");
    let unknown = connector.backend("GET", &format!("/transfers/{}", new_id()), &Value::Null);
    assert_eq!(unknown.field("status"), "3208");
}

#[test]
fn a_payment_is_offered_accepted_under_another_home_transaction_id_and_found() {
    let connector = Unconfigured::start();
    for path in PAYMENTS {
        let offer = connector.dfsp("POST", path, &payment(path));
        assert_eq!(offer.status, 200, "{}", offer.text);
        let transfer_id = offer.field("transactionId");
        let body = json!({ "acceptQuote": true, "homeTransactionId": new_id() });
        let answer = connector.dfsp("PUT", &format!("{path}/{transfer_id}"), &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.field("transferId"), transfer_id);
        let path = format!("/transfers/{transfer_id}");
        let found = connector.dfsp("GET", &path, &Value::Null);
        assert_eq!(found.status, 200);
        assert_eq!(found.field("transferId"), transfer_id);
    }
    assert_eq!(connector.books(), (2, 0));
}

#[test]
fn a_payment_without_an_amount_is_refused() {
    let connector = Unconfigured::start();
    for (path, amount) in PAYMENTS.into_iter().zip(["sendAmount", "receiveAmount"]) {
        let mut body = payment(path);
        body.as_object_mut().unwrap().remove(amount);
        assert_refused(&connector.dfsp("POST", path, &body), 400, "3102");
    }
}

#[test]
fn a_payment_to_nobody_is_refused() {
    let connector = Unconfigured::start();
    for path in PAYMENTS {
        let mut body = payment(path);
        body["payeeId"] = json!(NOBODY);
        assert_refused(&connector.dfsp("POST", path, &body), 400, "3204");
    }
}

#[test]
fn a_payment_in_an_unsupported_currency_is_refused() {
    let connector = Unconfigured::start();
    for path in PAYMENTS {
        let mut body = payment(path);
        body["sendCurrency"] = json!("ABC");
        body["receiveCurrency"] = json!("ABC");
        assert_refused(&connector.dfsp("POST", path, &body), 400, "5106");
    }
}

#[test]
fn a_payment_that_is_not_agreed_to_fails() {
    let connector = Unconfigured::start();
    for path in PAYMENTS {
        let offer = connector.dfsp("POST", path, &payment(path));
        let path = format!("{path}/{}", offer.field("transactionId"));
        let body = json!({ "acceptQuote": false, "homeTransactionId": new_id() });
        assert_refused(&connector.dfsp("PUT", &path, &body), 500, "4101");
    }
    assert_eq!(connector.books(), (0, 0));
}

#[test]
fn a_misspelt_agreement_is_none() {
    let connector = Unconfigured::start();
    for path in PAYMENTS {
        let offer = connector.dfsp("POST", path, &payment(path));
        let path = format!("{path}/{}", offer.field("transactionId"));
        let body = json!({ "acceptQuotes": true, "homeTransactionId": new_id() });
        assert_refused(&connector.dfsp("PUT", &path, &body), 400, "3102");
    }
}

#[test]
fn accounts_are_registered_and_removed() {
    let connector = Unconfigured::start();
    let account = json!([{ "idType": "MSISDN", "idValue": PAYEE }]);
    let answer = connector.dfsp("POST", "/accounts", &account);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let misspelt = json!([{ "idType": "MSISDN", "idValu": PAYEE }]);
    assert_refused(&connector.dfsp("POST", "/accounts", &misspelt), 400, "3102");
    let path = format!("/accounts/MSISDN/{PAYEE}");
    let answer = connector.dfsp("DELETE", &path, &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[test]
fn every_error_has_one_form() {
    let connector = Unconfigured::start();
    let raw = |method, path| send(connector.ports.backend_api, method, path, None).unwrap();
    assert_refused(&raw("GET", "/nowhere"), 404, "3100");
    assert_refused(&raw("DELETE", "/transfers"), 405, "3100");
    assert_refused(&raw("POST", "/transfers"), 400, "3101");
    assert_refused(&raw("GET", "/participants/MSISDN/123456"), 404, "3204");
    assert_refused(&raw("GET", "/parties/MSISDN/%FF"), 400, "3101");
    let raw = |method, path| send(connector.ports.dfsp_api, method, path, None).unwrap();
    assert_refused(&raw("GET", "/nowhere"), 404, "3100");
    assert_refused(&raw("DELETE", "/send-money"), 405, "3100");
    assert_refused(&raw("POST", "/send-money"), 400, "3101");
}
