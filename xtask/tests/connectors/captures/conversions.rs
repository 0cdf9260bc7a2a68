//! Captured payments between two currencies: what an FXP was asked, and what
//! the Mojaloop Connector answered a payer's connector.

use serde_json::{Value, json};
use xtask::{
    http::Answer,
    recording::{RecordedRequest, RecordingServer},
};

use super::{Capture, answer, asked, capture, with_ids};
use crate::site::{BOTH_ROLES, Books, CURRENCY, PAYEE, Site, decision};

/// The conversion of the captures, and the transfers that it and another one are for.
const CONVERSION: &str = "01M7ZY3T8Y9H8BB2YK1F0BHK4E";
const SENT: &str = "01M7ZY3T4Z2013AFBZA1XPNJ59";
const RECEIVED: &str = "01M7ZY42TFZ2SHYQ06SAWSNTCM";

/// What the captured FXP sold.
const SOLD: &str = "XTS";

const NO_DATE: &str = "2999-12-31T23:59:59.999Z";

fn fxp() -> Site {
    Site::start_from(&BOTH_ROLES, &[])
}

#[test]
fn the_captured_requests_for_quotes_are_answered_at_the_banks_own_rate() {
    let site = fxp();
    for (name, known, worked_out) in [
        ("SEND", "sourceAmount", "targetAmount"),
        ("RECEIVE", "targetAmount", "sourceAmount"),
    ] {
        let captured = capture(&format!("fx_sdk_to_fxp_POST_fxQuotes_{name}"));
        let quote = captured.replay_often(&site);
        assert_eq!(quote.status, 200, "{}", quote.text);
        let terms = &quote.json()["conversionTerms"];
        let wanted = &captured.body()["conversionTerms"];
        for same in [
            "conversionId",
            "determiningTransferId",
            "initiatingFsp",
            "counterPartyFsp",
            "amountType",
            known,
        ] {
            assert_eq!(terms[same], wanted[same], "{same}");
        }
        assert_eq!(
            terms[worked_out]["currency"],
            wanted[worked_out]["currency"]
        );
        assert_ne!(terms[worked_out]["amount"], "0");
    }
    site.assert_books_untouched();
}

/// Quotes and orders the captured conversion. That FXP's rate is not this one's:
/// the amount that was worked out is replaced in the order, and nothing else.
fn order(site: &Site) -> (Answer, String) {
    let quote = capture("fx_sdk_to_fxp_POST_fxQuotes_SEND").replay_often(site);
    let target = &quote.json()["conversionTerms"]["targetAmount"]["amount"];
    let target = target.as_str().unwrap();
    let mut ordered = capture("fx_sdk_to_fxp_POST_fxTransfers");
    let at_its_rate = ordered.replay(site);
    assert_eq!(at_its_rate.field("statusCode"), "3106");
    ordered.request["body"]["targetAmount"]["amount"] = json!(target);
    (ordered.replay_often(site), target.to_owned())
}

#[test]
fn the_captured_conversion_is_made_once_however_often_each_message_comes() {
    let site = fxp();
    let (promise, target) = order(&site);
    assert_eq!(promise.status, 200, "{}", promise.text);
    assert_eq!(promise.field("conversionState"), "RESERVED");
    assert!(!promise.field("homeTransactionId").is_empty());
    site.assert_books(&Books::default().promised(CONVERSION, [SOLD, &target]));

    let told = capture("fx_sdk_to_fxp_PUT_fxTransfers_COMMITTED").replay_often(&site);
    assert_eq!(told.status, 200, "{}", told.text);
    let made = Books::default().converted(CONVERSION, [CURRENCY, "1000"], [SOLD, &target]);
    site.assert_books(&made);

    // The captures take it back afterwards. What is made stays made.
    let contrary = capture("fx_sdk_to_fxp_PUT_fxTransfers_ABORTED").replay_often(&site);
    assert_eq!(contrary.status, 500, "{}", contrary.text);
    site.assert_books(&made);
    site.wait_for_log("the scheme contradicts what was done");
}

#[test]
fn the_captured_conversion_that_is_aborted_moves_nothing() {
    let site = fxp();
    let (promise, _) = order(&site);
    assert_eq!(promise.status, 200, "{}", promise.text);
    let told = capture("fx_sdk_to_fxp_PUT_fxTransfers_ABORTED").replay_often(&site);
    assert_eq!(told.status, 200, "{}", told.text);
    site.assert_books_untouched();
}

#[test]
fn words_on_conversions_that_were_never_ordered_move_nothing() {
    let site = fxp();
    for state in ["COMMITTED", "ABORTED"] {
        let word = capture(&format!("fx_sdk_to_fxp_PUT_fxTransfers_{state}"));
        assert_eq!(word.replay_often(&site).status, 200, "{state}");
    }
    site.assert_books_untouched();
    site.wait_for_log("never prepared here");
}

/// A captured answer about the transfer of a request. Its terms have expired
/// long ago, so that they get another time.
fn about(name: &str, captured_id: &str, transfer_id: &str) -> Answer {
    let capture = capture(&format!("fx_connector_to_sdk_{name}"));
    let mut body = with_ids(&capture.response["body"], &[(captured_id, transfer_id)]);
    for expiration in [
        "/quoteResponse/body/expiration",
        "/fxQuoteResponse/body/conversionTerms/expiration",
    ] {
        if let Some(expiration) = body.pointer_mut(expiration) {
            *expiration = json!(NO_DATE);
        }
    }
    answer(&capture.response["status"], &body)
}

/// The captured answers, one after the other: the first to `POST /transfers`, the
/// others to `PUT`. What is said to a question is that the hub has committed.
fn in_turn(
    captured_id: &'static str,
    answers: [&'static str; 3],
    first_flag: &'static str,
) -> impl Fn(&RecordedRequest) -> Answer {
    move |request| {
        let of_path = || request.path.rsplit('/').next().unwrap();
        let accepts = |flag: &str| request.body[flag] == true;
        let (name, id) = match request.method.as_str() {
            "POST" => (answers[0], request.body["transferId"].as_str().unwrap()),
            "PUT" if accepts(first_flag) => (answers[1], of_path()),
            "PUT" => (answers[2], of_path()),
            _ => return capture("connector_to_sdk_GET_transfers").answer(),
        };
        about(name, captured_id, id)
    }
}

/// A payer's connector in front of a Mojaloop Connector that answers like this.
fn payers_bank(
    answers: impl Fn(&RecordedRequest) -> Answer + Send + Sync + 'static,
) -> (Site, RecordingServer) {
    let server = RecordingServer::start(answers).unwrap();
    let mut site = Site::start_from(&BOTH_ROLES, &[]);
    site.restart_connector(&[
        ("SDK_BASE_URL", &server.base_url()),
        ("FSP_ID", "bluebank"),
        ("CONVERSION_PROVIDERS", "fxp1"),
        ("CONVERSION_RATES", "GMD/XTS:0.033"),
    ]);
    (site, server)
}

/// The request that went out is the captured one. What that connector made of the
/// payer's name differs, and this one makes the identifier of the transfer.
fn assert_is_captured(request: &RecordedRequest, captured: &Capture) {
    let mut sent = request.body.clone();
    let mut expected = captured.body().clone();
    assert!(sent["transferId"].is_string());
    for body in [&mut sent, &mut expected] {
        let members = body.as_object_mut().unwrap();
        members.remove("transferId");
        members.remove("homeTransactionId");
        let payer = members["from"].as_object_mut().unwrap();
        for name in ["firstName", "middleName", "lastName", "dateOfBirth"] {
            payer.remove(name);
        }
    }
    assert_eq!(sent, expected);
}

#[test]
fn a_payment_by_the_captured_answers_takes_the_payers_amount_once() {
    for (path, fixed, amount, captured_id, answers, [first_flag, last_flag], source, target) in [
        (
            "/send-money",
            "sendAmount",
            "1000",
            SENT,
            [
                "POST_transfers_SEND",
                "PUT_transfers_1st",
                "PUT_transfers_2nd",
            ],
            ["acceptConversion", "acceptQuote"],
            "1000",
            "33",
        ),
        (
            "/merchant-payment",
            "receiveAmount",
            "100",
            RECEIVED,
            [
                "POST_transfers_RECEIVE",
                "PUT_transfers_3rd",
                "PUT_transfers_4th",
            ],
            ["acceptQuote", "acceptConversion"],
            "3049",
            "100",
        ),
    ] {
        let (site, server) = payers_bank(in_turn(captured_id, answers, first_flag));
        let mut wanted = asked(path, PAYEE, None);
        wanted[fixed] = json!(amount);
        wanted["receiveCurrency"] = json!(SOLD);
        let offer = site.dfsp("POST", path, &wanted);
        assert_eq!(offer.status, 200, "{}", offer.text);
        for (field, expected) in [
            ("sendAmount", source),
            ("sendCurrency", CURRENCY),
            ("receiveAmount", target),
            ("receiveCurrency", SOLD),
        ] {
            assert_eq!(offer.field(field), expected, "{field}");
        }
        let transfer_id = offer.field("transactionId");
        let path = format!("{path}/{transfer_id}");
        let paid = site.dfsp("PUT", &path, &decision(true));
        assert_eq!(paid.status, 200, "{}", paid.text);
        site.assert_books(&Books::default().sent(&transfer_id, source));

        let requests = server.requests();
        let name = format!("fx_connector_to_sdk_{}", answers[0]);
        assert_is_captured(&requests[0], &capture(&name));
        let bodies: Vec<&Value> = requests[1..].iter().map(|request| &request.body).collect();
        // The captured one says `acceptQuoteOrConversion` at last, which serves
        // both halves. The fulfilment says RESERVED, so the hub is asked.
        let accepted = [
            json!({ first_flag: true }),
            json!({ last_flag: true }),
            Value::Null,
        ];
        assert_eq!(bodies, accepted.iter().collect::<Vec<_>>());
        assert_eq!(requests[3].method, "GET");
    }
}

#[test]
fn the_captured_terms_are_not_offered_when_they_have_expired() {
    let (site, server) = payers_bank(|request| match request.method.as_str() {
        "POST" => {
            let id = request.body["transferId"].as_str().unwrap();
            let capture = capture("fx_connector_to_sdk_POST_transfers_SEND");
            let body = with_ids(&capture.response["body"], &[(SENT, id)]);
            answer(&capture.response["status"], &body)
        }
        _ => capture("connector_to_sdk_PUT_transfers_reject").answer(),
    });
    let mut wanted = asked("/send-money", PAYEE, None);
    wanted["sendAmount"] = json!("1000");
    wanted["receiveCurrency"] = json!(SOLD);
    let refused = site.dfsp("POST", "/send-money", &wanted);
    assert_ne!(refused.status, 200, "{}", refused.text);
    assert_eq!(
        server.requests()[1].body,
        json!({ "acceptQuoteOrConversion": false })
    );
    site.assert_books_untouched();
}
