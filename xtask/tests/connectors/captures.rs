//! Traffic that was captured between a real Mojaloop Connector and another
//! core connector, replayed as it is.
//!
//! `captures/` holds the captures unchanged. The responses to
//! `sdk_to_backend_*` are those of the other connector, and are not compared.

mod conversions;

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};
use xtask::{
    http::{Answer, send_with_headers},
    recording::{RecordedRequest, RecordingServer},
    repository,
};

use crate::site::{
    Books, CURRENCY, ELSEWHERE, PAYEE, PAYEE_ACCOUNT, PAYER, Site, assert_refused, at_once,
    decision, new_id,
};

/// The transfer of the captures that pay 100 as SEND.
const SENT: &str = "01M7ZXCN7HM4KEVP8Q5HNRHFXV";

/// The transfer of the captures that pay 100 as RECEIVE.
const RECEIVED: &str = "01M7ZXCRDP6XVRM23VH26BWJ3Y";

struct Capture {
    request: Value,
    response: Value,
}

fn capture(name: &str) -> Capture {
    let path = repository().join(format!("xtask/captures/{name}.json"));
    let text = fs::read_to_string(&path).unwrap();
    let mut capture: Value = serde_json::from_str(&text).unwrap();
    Capture {
        request: capture["request"].take(),
        response: capture["response"].take(),
    }
}

impl Capture {
    fn body(&self) -> &Value {
        &self.request["body"]
    }

    /// Sends the captured request to the backend API.
    fn replay(&self, site: &Site) -> Answer {
        let text = |name: &str| self.request[name].as_str().unwrap();
        let headers = self.request["headers"].as_object().unwrap().iter();
        let headers: Vec<(&str, &str)> = headers
            .filter(|(name, _)| !["host", "content-length"].contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let body = Some(self.body()).filter(|body| !body.is_null());
        let port = site.ports().backend_api;
        // That connector was at a path of its own.
        let path = text("url");
        let path = path.strip_prefix("/backend").unwrap_or(path);
        send_with_headers(port, text("method"), path, &headers, body).unwrap()
    }

    /// Sends it once, then twice, then eight times at once: every answer is the first one.
    fn replay_often(&self, site: &Site) -> Answer {
        let first = self.replay(site);
        for again in [self.replay(site), self.replay(site)] {
            assert_eq!(again, first);
        }
        for again in at_once(8, || self.replay(site)) {
            assert_eq!(again, first);
        }
        first
    }

    /// The captured answer, to be given by the stand-in of the Mojaloop Connector.
    fn answer(&self) -> Answer {
        answer(&self.response["status"], &self.response["body"])
    }

    /// The same, with a quote that has not expired: the captured one has.
    fn unexpired_answer(&self) -> Answer {
        let mut body = self.response["body"].clone();
        let expiration = body.pointer_mut("/quoteResponse/body/expiration");
        *expiration.unwrap() = json!("2999-12-31T23:59:59.999Z");
        answer(&self.response["status"], &body)
    }
}

fn answer(status: &Value, body: &Value) -> Answer {
    Answer {
        status: status.as_u64().unwrap().try_into().unwrap(),
        text: body.to_string(),
    }
}

/// The captured text with other identifiers.
fn with_ids(body: &Value, replaced: &[(&str, &str)]) -> Value {
    let mut text = body.to_string();
    for (from, to) in replaced {
        text = text.replace(from, to);
    }
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_lookup_finds_the_customer() {
    let site = Site::start();
    let answer = capture("sdk_to_backend_GET_parties").replay_often(&site);
    assert_eq!(answer.status, 200);
    let party = answer.json();
    assert_eq!(party["idType"], "MSISDN");
    assert_eq!(party["idValue"], PAYEE);
    assert_eq!(party["displayName"], "John Alexander Doe");
    assert_eq!(party["supportedCurrencies"], json!([CURRENCY]));
    let address = "Rpt.UpdtdPtyAndAcctId.Pty.PstlAdr";
    assert_eq!(
        party["extensionList"],
        json!([
            { "key": format!("{address}.StrtNm"), "value": "Market Street" },
            { "key": format!("{address}.BldgNb"), "value": "7" },
            { "key": format!("{address}.TwnNm"), "value": "Riverside" },
        ])
    );
    assert!(party.get("idSubValue").is_none());
}

#[test]
fn the_lookup_with_a_sub_id_echoes_it() {
    let site = Site::start();
    let answer = capture("sdk_to_backend_GET_parties_subid").replay_often(&site);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.field("idValue"), PAYEE);
    assert_eq!(answer.field("idSubValue"), "dfsp2");
}

#[test]
fn the_lookup_of_nobody_finds_no_party() {
    let site = Site::start();
    let answer = capture("sdk_to_backend_GET_parties_notfound").replay_often(&site);
    assert_refused(&answer, 400, "3204");
}

#[test]
fn the_send_payment_is_posted_once_however_often_each_message_comes() {
    let site = Site::start();
    let quote = capture("sdk_to_backend_POST_quoterequests_SEND").replay_often(&site);
    assert_eq!(quote.status, 200);
    assert_eq!(quote.field("transactionId"), SENT);
    for (amount, expected) in [
        ("transferAmount", "100"),
        ("payeeReceiveAmount", "100"),
        ("payeeFspFeeAmount", "0"),
        ("payeeFspCommissionAmount", "0"),
    ] {
        assert_eq!(quote.field(amount), expected);
        assert_eq!(quote.field(&format!("{amount}Currency")), CURRENCY);
    }

    let prepared = capture("sdk_to_backend_POST_transfers_SEND").replay_often(&site);
    assert_eq!(prepared.status, 200);
    assert_eq!(prepared.field("transferState"), "RESERVED");
    assert!(!prepared.field("homeTransactionId").is_empty());
    site.assert_books(&Books::default().reserved(SENT, "100"));

    let told = capture("sdk_to_backend_PUT_transfers_COMPLETED").replay_often(&site);
    assert_eq!(told.status, 200);
    site.assert_books(&Books::default().received(SENT, PAYEE_ACCOUNT, "100"));

    let state = site.backend_get(&format!("/transfers/{SENT}")).json();
    assert_eq!(state["transferState"], "COMMITTED");
    assert_eq!(state["to"]["fspId"], "harbourbank");
    assert_eq!(state["from"]["fspId"], "dfsp1");
}

#[test]
fn the_receive_payment_with_an_error_is_kept_reserved() {
    let site = Site::start();
    let quote = capture("sdk_to_backend_POST_quoterequests_RECEIVE").replay_often(&site);
    assert_eq!(quote.field("transferAmount"), "100");
    let prepared = capture("sdk_to_backend_POST_transfers_RECEIVE").replay_often(&site);
    assert_eq!(prepared.field("transferState"), "RESERVED");

    // The hub said RESERVED, so it may still commit.
    let told = capture("sdk_to_backend_PUT_transfers_ERROR_OCCURRED").replay_often(&site);
    assert_eq!(told.status, 500);
    assert_eq!(told.field("message"), "Transfer Not Completed Error");
    site.assert_books(&Books::default().reserved(RECEIVED, "100"));
}

/// Quotes and prepares the transfer of a captured notification whose own quote
/// and prepare were not captured.
fn reserve_for(site: &Site, notification: &Capture, amount: &str) -> String {
    let body = notification.body();
    let transfer_id = body["transferId"].as_str().unwrap();
    let quote_id = body["quote"]["request"]["quoteId"].as_str().unwrap();
    let captured_quote_id = "01M7ZXCQXW6ZTKRQ8S8MSXWPH3";
    for (name, path) in [
        ("sdk_to_backend_POST_quoterequests_SEND", "/quoterequests"),
        ("sdk_to_backend_POST_transfers_SEND", "/transfers"),
    ] {
        let replaced = [
            (SENT, transfer_id),
            (captured_quote_id, quote_id),
            (r#""100""#, &format!("\"{amount}\"")),
        ];
        let body = with_ids(capture(name).body(), &replaced);
        let answer = site.backend("POST", path, &body);
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    site.assert_books(&Books::default().reserved(transfer_id, amount));
    transfer_id.to_owned()
}

#[test]
fn the_aborted_payment_is_released() {
    let site = Site::start();
    let notification = capture("sdk_to_backend_PUT_transfers_ABORTED");
    let transfer_id = reserve_for(&site, &notification, "100");
    let told = notification.replay_often(&site);
    assert_eq!(told.status, 200);
    site.assert_books_untouched();
    let state = site.backend_get(&format!("/transfers/{transfer_id}"));
    assert_eq!(state.field("transferState"), "ABORTED");
}

#[test]
fn the_completed_payment_without_a_time_is_posted_once() {
    let site = Site::start();
    let notification = capture("sdk_to_backend_PUT_transfers_COMPLETED_no_completedTimestamp");
    let transfer_id = reserve_for(&site, &notification, "1000");
    let told = notification.replay_often(&site);
    assert_eq!(told.status, 200);
    site.assert_books(&Books::default().received(&transfer_id, PAYEE_ACCOUNT, "1000"));
}

#[test]
fn notifications_of_transfers_that_were_never_prepared_move_nothing() {
    let site = Site::start();
    for (name, status) in [
        ("sdk_to_backend_PUT_transfers_COMPLETED", 200),
        (
            "sdk_to_backend_PUT_transfers_COMPLETED_no_completedTimestamp",
            200,
        ),
        ("sdk_to_backend_PUT_transfers_ABORTED", 200),
        ("sdk_to_backend_PUT_transfers_ERROR_OCCURRED", 500),
    ] {
        assert_eq!(capture(name).replay_often(&site).status, status, "{name}");
    }
    site.assert_books_untouched();
    site.wait_for_log("never prepared here");
}

#[test]
fn nothing_personal_and_no_token_is_logged() {
    let everything = [("LOG_LEVEL", "warn,core_connector=trace")];
    let site = Site::start_with(&everything);
    for name in [
        "sdk_to_backend_GET_parties",
        "sdk_to_backend_GET_parties_subid",
        "sdk_to_backend_GET_parties_notfound",
        "sdk_to_backend_POST_quoterequests_SEND",
        "sdk_to_backend_POST_quoterequests_RECEIVE",
        "sdk_to_backend_POST_transfers_SEND",
        "sdk_to_backend_POST_transfers_RECEIVE",
        "sdk_to_backend_PUT_transfers_COMPLETED",
        "sdk_to_backend_PUT_transfers_COMPLETED_no_completedTimestamp",
        "sdk_to_backend_PUT_transfers_ABORTED",
        "sdk_to_backend_PUT_transfers_ERROR_OCCURRED",
    ] {
        capture(name).replay(&site);
    }
    // Bodies that cannot be read are not logged either.
    let mut broken = capture("sdk_to_backend_POST_transfers_SEND").body().clone();
    broken["from"] = json!({ "displayName": "Joshua Karame" });
    site.backend("POST", "/transfers", &broken);
    let transfer_id = site.offer("20");
    site.accept(&transfer_id);

    let log = site.log();
    assert!(log.contains(SENT), "the log is that of the payments");
    for secret in [
        PAYEE, PAYER, ELSEWHERE, "Joshua", "Karame", "Doe", "Bearer", "redacted",
    ] {
        assert!(!log.contains(secret), "the log holds {secret:?}");
    }
}

/// A connector in front of a Mojaloop Connector that answers from the captures.
fn in_front_of(
    answer: impl Fn(&RecordedRequest) -> Answer + Send + Sync + 'static,
) -> (Site, RecordingServer) {
    let server = RecordingServer::start(answer).unwrap();
    let mut site = Site::start();
    site.restart_connector(&[("SDK_BASE_URL", &server.base_url()), ("FSP_ID", "bluebank")]);
    (site, server)
}

/// As the channel has to ask so that the captured request comes of it.
fn asked(path: &str, payee: &str, sub_id: Option<&str>) -> Value {
    let mut body = json!({
        "homeTransactionId": new_id(),
        "payeeIdType": "MSISDN",
        "payeeId": payee,
        "sendCurrency": CURRENCY,
        "receiveCurrency": CURRENCY,
        "transactionType": "TRANSFER",
        "purposeCode": "P2P",
        "payer": {
            "name": "Joshua Karame",
            "payerId": PAYER,
            "DateAndPlaceOfBirth": {
                "BirthDt": "2001-01-01",
                "PrvcOfBirth": "Central Province",
                "CityOfBirth": "Lilongwe",
                "CtryOfBirth": "GM",
            },
        },
    });
    let amount = match path {
        "/send-money" => "sendAmount",
        _ => "receiveAmount",
    };
    body[amount] = json!("100.00");
    if let Some(sub_id) = sub_id {
        body["subId"] = json!(sub_id);
    }
    body
}

/// The request that went out is the captured one. Only what the two connectors
/// chose differs: this one makes the transfer's id, and its API has no note.
fn assert_is_captured(request: &RecordedRequest, captured: &Capture) {
    assert_eq!(request.method, captured.request["method"]);
    assert_eq!(request.path, captured.request["url"]);
    let mut sent = request.body.clone();
    let mut expected = captured.body().clone();
    let transfer_id = sent.as_object_mut().unwrap().remove("transferId").unwrap();
    assert!(transfer_id.is_string());
    expected.as_object_mut().unwrap().remove("note").unwrap();
    expected["homeTransactionId"] = sent["homeTransactionId"].clone();
    assert_eq!(sent, expected);
}

#[test]
fn a_request_for_an_offer_is_the_captured_one_and_so_is_the_offer() {
    for (name, path, sub_id) in [
        (
            "connector_to_sdk_POST_transfers_SEND",
            "/send-money",
            Some("dfsp2"),
        ),
        (
            "connector_to_sdk_POST_transfers_RECEIVE",
            "/merchant-payment",
            None,
        ),
    ] {
        let (site, server) = in_front_of(move |_| capture(name).answer());
        let answer = site.dfsp("POST", path, &asked(path, PAYEE, sub_id));
        assert_eq!(answer.status, 200, "{}", answer.text);
        for (field, expected) in [
            ("sendAmount", "100"),
            ("sendCurrency", CURRENCY),
            ("receiveAmount", "100"),
            ("receiveCurrency", CURRENCY),
            ("targetFees", "0"),
            ("sourceFees", "0"),
        ] {
            assert_eq!(answer.field(field), expected, "{field}");
        }
        let payee = &answer.json()["payeeDetails"];
        assert_eq!(payee["fspId"], "dfsp2");
        assert_eq!(payee["name"], "John Alexander Doe");
        let request = server.requests().remove(0);
        assert_is_captured(&request, &capture(name));

        // The captured quote expired long ago, so nobody can agree to it.
        let transfer_id = answer.field("transactionId");
        assert_refused(&site.accept(&transfer_id), 500, "3302");
        site.assert_books_untouched();
    }
}

#[test]
fn the_captured_lookup_error_means_that_there_is_no_such_payee() {
    let name = "connector_to_sdk_POST_transfers_party_not_found";
    let (site, server) = in_front_of(move |_| capture(name).answer());
    let path = "/send-money";
    let answer = site.dfsp("POST", path, &asked(path, "46733123450", None));
    assert_refused(&answer, 400, "3204");
    assert_is_captured(&server.requests().remove(0), &capture(name));
    site.assert_books_untouched();
}

#[test]
fn the_captured_acceptance_proves_nothing_and_the_captured_look_up_does() {
    let (site, server) = in_front_of(|request| match request.method.as_str() {
        "POST" => capture("connector_to_sdk_POST_transfers_SEND").unexpired_answer(),
        // COMPLETED, and the fulfilment says RESERVED.
        "PUT" => capture("connector_to_sdk_PUT_transfers_accept").answer(),
        // COMPLETED, and the fulfilment says COMMITTED.
        _ => capture("connector_to_sdk_GET_transfers").answer(),
    });
    let path = "/send-money";
    let offer = site.dfsp("POST", path, &asked(path, PAYEE, Some("dfsp2")));
    let transfer_id = offer.field("transactionId");
    let answer = site.accept(&transfer_id);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.field("transferId"), transfer_id);
    site.assert_books(&Books::default().sent(&transfer_id, "100"));

    let requests = server.requests();
    let asked: Vec<(&str, &str)> = requests
        .iter()
        .map(|request| (request.method.as_str(), request.path.as_str()))
        .collect();
    let transfer = format!("/transfers/{transfer_id}");
    assert_eq!(
        asked,
        [
            ("POST", "/transfers"),
            ("PUT", &transfer),
            ("GET", &transfer)
        ]
    );
    // The captured one says `acceptQuoteOrConversion`, which means the same.
    assert_eq!(requests[1].body, json!({ "acceptQuote": true }));
}

#[test]
fn the_captured_rejection_is_one() {
    let (site, server) = in_front_of(|request| match request.method.as_str() {
        "POST" => capture("connector_to_sdk_POST_transfers_SEND").unexpired_answer(),
        _ => capture("connector_to_sdk_PUT_transfers_reject").answer(),
    });
    let path = "/send-money";
    let offer = site.dfsp("POST", path, &asked(path, PAYEE, Some("dfsp2")));
    let transfer_id = offer.field("transactionId");
    let path = format!("/send-money/{transfer_id}");
    let answer = site.dfsp("PUT", &path, &decision(false));
    assert_refused(&answer, 500, "4101");
    assert_eq!(server.requests()[1].body, json!({ "acceptQuote": false }));
    assert_eq!(server.requests().len(), 2);
    site.assert_books_untouched();
}

#[test]
fn the_captured_answers_for_accounts_are_passed_on_without_headers() {
    let (site, server) = in_front_of(|request| match request.method.as_str() {
        "POST" => capture("connector_to_sdk_POST_accounts").answer(),
        _ => capture("connector_to_sdk_DELETE_accounts").answer(),
    });
    let created = capture("connector_to_sdk_POST_accounts");
    let answer = site.dfsp("POST", "/accounts", created.body());
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        keys(&answer.json()),
        ["accounts", "currentState", "modelId", "response"]
    );

    let deleted = capture("connector_to_sdk_DELETE_accounts");
    let path = deleted.request["url"].as_str().unwrap();
    let answer = site.dfsp("DELETE", path, &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        keys(&answer.json()),
        ["currentState", "idType", "idValue", "modelId", "response"]
    );

    let requests = server.requests();
    assert_eq!(requests[0].body, *created.body());
    assert_eq!(requests[1].path, path);
}

fn keys(body: &Value) -> Vec<String> {
    let keys: BTreeSet<String> = body.as_object().unwrap().keys().cloned().collect();
    keys.into_iter().collect()
}
