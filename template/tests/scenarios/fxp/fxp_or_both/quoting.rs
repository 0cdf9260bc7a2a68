//! What a conversion would come to.

use core_connector::domain::timestamp::Timestamp;
use serde_json::{Value, json};
use tokio::time::Duration;

use crate::{fxp::Conversion, test_connector::TestConnector};

fn expiration(quote: &Value) -> Timestamp {
    let text = quote["conversionTerms"]["expiration"].as_str().unwrap();
    text.parse().unwrap()
}

fn in_seconds(seconds: u64) -> Timestamp {
    Timestamp::now().after(Duration::from_secs(seconds))
}

#[tokio::test]
async fn the_amount_that_is_not_known_is_worked_out_to_the_minor_unit_in_the_fxps_favour() {
    let connector = TestConnector::start().await;
    // 1000 at 0.013846153 are 13.846153.
    let sending = Conversion::sending("1000");
    let quote = connector.quote_conversion(&sending).await.served();
    let terms = &quote["conversionTerms"];
    let source = json!({ "currency": "GMD", "amount": "1000" });
    assert_eq!(terms["sourceAmount"], source);
    let target = json!({ "currency": "USD", "amount": "13.84" });
    assert_eq!(terms["targetAmount"], target);
    assert_eq!(terms["conversionId"], json!(sending.id));
    let determining = json!(sending.determining_transfer_id);
    assert_eq!(terms["determiningTransferId"], determining);
    assert_eq!(terms["initiatingFsp"], "bluebank");
    assert_eq!(terms["counterPartyFsp"], "fxp");
    assert_eq!(terms["amountType"], "SEND");

    // 100 cost 7222.222664.
    let receiving = Conversion::receiving("100");
    let quote = connector.quote_conversion(&receiving).await.served();
    let terms = &quote["conversionTerms"];
    let source = json!({ "currency": "GMD", "amount": "7222.23" });
    assert_eq!(terms["sourceAmount"], source);
    let target = json!({ "currency": "USD", "amount": "100" });
    assert_eq!(terms["targetAmount"], target);
    assert_eq!(terms["amountType"], "RECEIVE");
    connector.assert_books([]);
}

#[tokio::test]
async fn the_side_that_is_not_known_may_have_no_amount_at_all() {
    let connector = TestConnector::start().await;
    let mut request = Conversion::sending("1000").quote_request();
    request["conversionTerms"]["targetAmount"] = json!({ "currency": "USD" });
    let quote = connector.backend.post("/fxQuotes", &request).await.served();
    assert_eq!(quote["conversionTerms"]["targetAmount"]["amount"], "13.84");
}

#[tokio::test]
async fn a_quote_ends_with_what_ends_first() {
    // The rate of the sandbox bank holds for 30 s.
    let connector = TestConnector::start().await;
    let patient = Conversion::sending("1000");
    let quote = connector.quote_conversion(&patient).await;
    let ends = expiration(&quote.served());
    assert!(ends > in_seconds(20) && ends <= in_seconds(30), "{ends}");

    let mut impatient = Conversion::sending("1000");
    impatient.expiration = in_seconds(5);
    let quote = connector.quote_conversion(&impatient).await.served();
    assert_eq!(expiration(&quote), impatient.expiration);

    let mut late = Conversion::sending("1000");
    late.expiration = "2026-01-01T00:00:00.000Z".parse().unwrap();
    let quote = connector.quote_conversion(&late).await.served();
    assert!(expiration(&quote) > in_seconds(20));

    let connector = TestConnector::with(&[("QUOTE_LIFETIME_MS", "4000")]).await;
    let quote = connector.quote_conversion(&patient).await;
    assert!(expiration(&quote.served()) <= in_seconds(4));
}

#[tokio::test]
async fn the_same_request_gets_the_same_quote_and_another_one_is_refused() {
    let connector = TestConnector::start().await;
    let conversion = Conversion::sending("1000");
    let quote = connector.quote_conversion(&conversion).await;
    assert_eq!(quote.status, 200);
    assert_eq!(connector.quote_conversion(&conversion).await, quote);
    let mut other = conversion.clone();
    other.source.1 = "1001";
    let refused = connector.quote_conversion(&other).await;
    refused.assert_error(400, "3106");
    assert_eq!(connector.quote_conversion(&conversion).await, quote);
}

#[tokio::test]
async fn what_the_bank_does_not_deal_in_is_refused() {
    let connector = TestConnector::start().await;
    for (source, target) in [
        ("NOK", "USD"),
        ("GMD", "NOK"),
        ("XXX", "USD"),
        ("USD", "USD"),
    ] {
        let mut conversion = Conversion::sending("1000");
        (conversion.source.0, conversion.target.0) = (source, target);
        let refused = connector.quote_conversion(&conversion).await;
        refused.assert_error(400, "5106");
    }
}

#[tokio::test]
async fn more_than_the_bank_has_is_not_quoted() {
    let connector = TestConnector::start().await;
    let all = Conversion::receiving("1000000");
    connector.ordered(&all).await;
    let one_more = Conversion::receiving("0.01");
    let refused = connector.quote_conversion(&one_more).await;
    refused.assert_error(400, "5001");
    connector.tell_conversion(&all.id, "ABORTED").await.served();
    connector.quote_conversion(&one_more).await.served();
}

#[tokio::test]
async fn what_comes_to_nothing_or_cannot_be_read_is_refused() {
    let connector = TestConnector::start().await;
    for (amount, code) in [("0.01", "5101"), ("0", "3101"), ("1.001", "3101")] {
        let conversion = Conversion::sending(amount);
        let refused = connector.quote_conversion(&conversion).await;
        refused.assert_error(400, code);
    }
    let mut both = Conversion::sending("1000");
    both.target.1 = "14";
    let both = connector.quote_conversion(&both).await;
    both.assert_error(400, "3101");
    let mut request = Conversion::sending("1000").quote_request();
    request["conversionTerms"]["expiration"] = json!("tomorrow");
    let unreadable = connector.backend.post("/fxQuotes", &request).await;
    unreadable.assert_error(400, "3101");
}

#[tokio::test]
async fn without_a_rate_there_is_no_quote_and_it_can_be_asked_for_again() {
    for (fault, code) in [("fail", "2003"), ("act_then_silent", "2005")] {
        let connector = TestConnector::start().await;
        connector.bank_fault("offer_rate", fault, Some(1));
        let conversion = Conversion::sending("1000");
        let failed = connector.quote_conversion(&conversion).await;
        failed.assert_error(500, code);
        connector.quote_conversion(&conversion).await.served();
    }
}
