//! The answers are those of a real Mojaloop Connector, without the parts that
//! nothing is read from, and with a real currency in place of the test currency.

use serde_json::{Value, json};

use super::*;
use crate::domain::{
    identifier::{IdType, PartyIdentifier},
    outgoing::{OutgoingRequest, PayeeDetails, PayerDetails},
    party::AccountNumber,
};

const SENT: &str = "01M7ZY3T4Z2013AFBZA1XPNJ59";
const RECEIVED: &str = "01M7ZY42TFZ2SHYQ06SAWSNTCM";

/// A payment as it was asked for: its amount, and the currency of its other end.
fn payment(id: &str, amount_type: &str, amount: Value, other: Option<&str>) -> OutgoingPayment {
    let party = PartyIdentifier::parse(IdType::AccountId, "1", None, None).unwrap();
    let request: OutgoingRequest = serde_json::from_value(json!({
        "use_case": "send_money",
        "payer": party,
        "payer_details": PayerDetails::default(),
        "payee": party,
        "amount_type": amount_type,
        "amount": amount,
        "other_currency": other,
        "transaction_type": "TRANSFER",
    }))
    .unwrap();
    let account = AccountNumber::new("1".to_owned());
    let mut payment = OutgoingPayment::open(request, account, Timestamp::now());
    payment.transfer_id = id.parse().unwrap();
    payment
}

fn sent(other: Option<&str>) -> OutgoingPayment {
    payment(SENT, "SEND", money("GMD", "1000"), other)
}

fn received() -> OutgoingPayment {
    payment(RECEIVED, "RECEIVE", money("ZMW", "100"), Some("GMD"))
}

fn money(currency: &str, amount: &str) -> Value {
    json!({ "currency": currency, "amount": amount })
}

fn conversion_of(id: &str, conversion_id: &str, amounts: [&str; 2]) -> Value {
    json!({ "body": {
        "condition": "4IEhEZPNDn8b_vgNZMeWQ_tjGpJ3fP63tMl0Oz_NNsc",
        "conversionTerms": {
            "conversionId": conversion_id,
            "determiningTransferId": id,
            "initiatingFsp": "bluebank",
            "counterPartyFsp": "fxp1",
            "sourceAmount": money("GMD", amounts[0]),
            "targetAmount": money("ZMW", amounts[1]),
            "expiration": "2026-11-21T20:52:40.789Z",
            "amountType": "SEND",
        },
    }})
}

fn quote_of(amount: &str) -> Value {
    json!({ "body": {
        "expiration": "2025-05-08T12:01:07.765Z",
        "transferAmount": money("ZMW", amount),
        "payeeReceiveAmount": money("ZMW", amount),
        "payeeFspFee": money("ZMW", "0"),
        "condition": "ZmKufET88wSrjz1Otkf1qnaXrYQot-H6EuZCuosx0p8",
    }})
}

/// The answer to `POST /transfers` with SEND.
fn sent_halfway() -> Value {
    json!({
        "transferId": SENT,
        "to": { "fspId": "dfsp2", "firstName": "ReceiverFirst", "lastName": "ReceiverLast" },
        "amountType": "SEND", "currency": "GMD", "amount": "1000",
        "currentState": "WAITING_FOR_CONVERSION_ACCEPTANCE",
        "needFx": true,
        "fxQuoteResponse": conversion_of(SENT, "01M7ZY3T8Y9H8BB2YK1F0BHK4E", ["1000", "33"]),
        "fxQuoteResponseSource": "fxp1",
    })
}

/// The answer to `{"acceptConversion": true}`.
fn sent_complete() -> Value {
    let mut answer = sent_halfway();
    answer["currentState"] = json!("WAITING_FOR_QUOTE_ACCEPTANCE");
    answer["quoteResponse"] = quote_of("33");
    answer
}

/// The answer to `POST /transfers` with RECEIVE.
fn received_halfway() -> Value {
    json!({
        "transferId": RECEIVED,
        "to": { "fspId": "dfsp2", "firstName": "ReceiverFirst", "lastName": "ReceiverLast" },
        "amountType": "RECEIVE", "currency": "ZMW", "amount": "100",
        "currentState": "WAITING_FOR_QUOTE_ACCEPTANCE",
        "needFx": true,
        "quoteResponse": quote_of("100"),
    })
}

/// The answer to `{"acceptQuote": true}`.
fn received_complete() -> Value {
    let mut answer = received_halfway();
    answer["currentState"] = json!("WAITING_FOR_CONVERSION_ACCEPTANCE");
    answer["fxQuoteResponse"] =
        conversion_of(RECEIVED, "01M7ZY4787XYG0JHCW6ER45XA8", ["3049", "100"]);
    answer["fxQuoteResponseSource"] = json!("fxp1");
    answer
}

fn paused(answer: &Value, payment: &OutgoingPayment) -> Paused {
    let answer = TransferAnswer::read(answer.to_string().as_bytes()).unwrap();
    read_paused(&answer, payment)
}

#[track_caller]
fn quoted(answer: &Value, payment: &OutgoingPayment) -> QuotedTerms {
    match paused(answer, payment) {
        Paused::AtQuote(quoted) => *quoted,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn half(answer: &Value, payment: &OutgoingPayment) -> HalfOfTerms {
    match paused(answer, payment) {
        Paused::Halfway(half) => *half,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_refused(answer: &Value, payment: &OutgoingPayment, code: ErrorCode) {
    match paused(answer, payment) {
        Paused::AtRefused(refused) => assert_eq!(refused.code, code, "{refused:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_sent_is_converted_first_and_quoted_then() {
    let payment = sent(None);
    let half = half(&sent_halfway(), &payment);
    assert_eq!(half.agreement(), json!({ "acceptConversion": true }));

    let quoted = quoted(&sent_complete(), &payment);
    assert!(half.is_half_of(&quoted));
    let conversion = quoted.conversion.as_ref().unwrap();
    assert_eq!(conversion.source(), payment.request.amount);
    assert_eq!(conversion.target(), quoted.terms.transfer_amount());
    assert_eq!(conversion.provider(), "fxp1");
    // The earlier of the two.
    assert_eq!(quoted.expires_at.to_string(), "2025-05-08T12:01:07.765Z");
}

#[test]
fn what_is_to_be_received_is_quoted_first_and_converted_then() {
    let payment = received();
    let half = half(&received_halfway(), &payment);
    assert_eq!(half.agreement(), json!({ "acceptQuote": true }));

    let quoted = quoted(&received_complete(), &payment);
    assert!(half.is_half_of(&quoted));
    assert_eq!(quoted.terms.payee_receives(), payment.request.amount);
    let conversion = quoted.conversion.unwrap();
    assert_eq!(conversion.source().to_string(), "3049");
    assert_eq!(conversion.source().currency().code(), "GMD");
}

#[test]
fn a_half_that_changed_meanwhile_is_no_half_any_more() {
    let half = half(&sent_halfway(), &sent(None));
    let mut dearer = sent_complete();
    dearer["fxQuoteResponse"] = conversion_of(SENT, "01M7ZY3T8Y9H8BB2YK1F0BHK4E", ["1000", "32"]);
    dearer["quoteResponse"] = quote_of("32");
    assert!(!half.is_half_of(&quoted(&dearer, &sent(None))));
}

#[test]
fn a_conversion_is_refused_that_is_not_the_one_of_the_payment() {
    for (pointer, value) in [
        ("/determiningTransferId", json!(RECEIVED)),
        ("/counterPartyFsp", json!("fxp2")),
        ("/sourceAmount", money("GMD", "1001")),
        ("/sourceAmount", money("KES", "1000")),
        ("/targetAmount", money("GMD", "33")),
        ("/targetAmount", money("XXX", "33")),
        ("/targetAmount", money("ZMW", "0")),
        ("/targetAmount", money("ZMW", "33.001")),
        ("/targetAmount", json!({ "currency": "ZMW" })),
        ("/expiration", json!("soon")),
        ("/charges", json!([{ "chargeType": "FEE" }])),
        (
            "/charges",
            json!([{ "chargeType": "FEE", "sourceAmount": money("ZMW", "1") }]),
        ),
    ] {
        let mut answer = sent_halfway();
        let terms = "/fxQuoteResponse/body/conversionTerms";
        let terms = answer.pointer_mut(terms).unwrap();
        terms[pointer.trim_start_matches('/')] = value;
        assert_refused(&answer, &sent(None), ErrorCode::QuoteRefused);
    }
}

#[test]
fn the_quote_has_to_be_for_what_is_converted() {
    for amount in ["32", "34"] {
        let mut answer = sent_complete();
        answer["quoteResponse"] = quote_of(amount);
        assert_refused(&answer, &sent(None), ErrorCode::QuoteRefused);

        let mut answer = received_complete();
        let terms = "/fxQuoteResponse/body/conversionTerms/targetAmount";
        *answer.pointer_mut(terms).unwrap() = money("ZMW", amount);
        assert_refused(&answer, &received(), ErrorCode::QuoteRefused);
    }
}

#[test]
fn a_commission_in_a_currency_that_is_not_kept_here_is_refused() {
    let mut answer = sent_complete();
    answer["quoteResponse"]["body"]["transferAmount"] = money("ZMW", "32");
    answer["quoteResponse"]["body"]["payeeFspCommission"] = money("ZMW", "1");
    assert_refused(&answer, &sent(None), ErrorCode::QuoteRefused);
}

#[test]
fn terms_in_another_order_are_refused() {
    let mut halfway = sent_halfway();
    halfway["currentState"] = json!("WAITING_FOR_QUOTE_ACCEPTANCE");
    assert_refused(&halfway, &sent(None), ErrorCode::QuoteRefused);
    let mut complete = received_complete();
    complete["currentState"] = json!("WAITING_FOR_QUOTE_ACCEPTANCE");
    assert_refused(&complete, &received(), ErrorCode::QuoteRefused);
    let mut without = received_halfway();
    without["quoteResponse"] = Value::Null;
    assert_refused(&without, &received(), ErrorCode::QuoteRefused);
}

#[test]
fn a_payee_who_is_paid_in_another_currency_than_was_named_is_not_paid() {
    quoted(&sent_complete(), &sent(Some("ZMW")));
    assert_refused(
        &sent_complete(),
        &sent(Some("GMD")),
        ErrorCode::QuoteRefused,
    );

    // Without a conversion, the amount would leave in its own currency.
    let mut unconverted = received_halfway();
    unconverted["needFx"] = json!(false);
    assert_refused(&unconverted, &received(), ErrorCode::CurrencyRefused);
    let mut unconverted = sent_complete();
    unconverted["needFx"] = json!(false);
    assert_refused(&unconverted, &sent(Some("ZMW")), ErrorCode::CurrencyRefused);
}

fn offer(answer: &Value, payment: &OutgoingPayment) -> Offer {
    let quoted = quoted(answer, payment);
    Offer {
        payee: PayeeDetails {
            fsp_id: None,
            fsp_lei: None,
            name: None,
            address: None,
        },
        terms: quoted.terms,
        conversion: quoted.conversion,
        payer_fee: Amount::parse("5", "GMD".parse().unwrap()).unwrap(),
        expires_at: quoted.expires_at,
    }
}

#[test]
fn the_payer_pays_in_his_currency_and_the_whole_is_agreed_to_with_the_flag_of_its_last_half() {
    let offer = offer(&received_complete(), &received());
    let total = offer.total_of_payer().unwrap();
    assert_eq!(
        (total.to_string().as_str(), total.currency().code()),
        ("3054", "GMD")
    );
    let mut payment = received();
    let unknown = decision(&payment, false);
    assert_eq!(unknown, json!({ "acceptQuoteOrConversion": false }));
    payment.offer = Some(offer);
    let agreed = decision(&payment, true);
    assert_eq!(agreed, json!({ "acceptConversion": true }));
    let rejected = decision(&payment, false);
    assert_eq!(rejected, json!({ "acceptQuoteOrConversion": false }));

    let mut payment = sent(None);
    payment.offer = Some(self::offer(&sent_complete(), &payment));
    let agreed = decision(&payment, true);
    assert_eq!(agreed, json!({ "acceptQuote": true }));
}

#[test]
fn what_was_transferred_is_compared_with_the_offer_on_both_sides() {
    let offer = offer(&sent_complete(), &sent(None));
    let done = json!({
        "fxTransferRequest": { "body": {
            "commitRequestId": "01M7ZY3T8Y9H8BB2YK1F0BHK4E",
            "counterPartyFsp": "fxp1",
            "sourceAmount": money("GMD", "1000"),
            "targetAmount": money("ZMW", "33"),
        }},
        "prepare": { "body": { "amount": money("ZMW", "33") } },
    });
    let is_offered = |done: &Value| {
        let answer = TransferAnswer::read(done.to_string().as_bytes()).unwrap();
        is_as_offered(&answer, &offer)
    };
    assert!(is_offered(&done));
    assert!(is_offered(&json!({})));
    for (pointer, value) in [
        (
            "/fxTransferRequest/body/commitRequestId",
            json!("01M7ZY4787XYG0JHCW6ER45XA8"),
        ),
        ("/fxTransferRequest/body/counterPartyFsp", json!("fxp2")),
        (
            "/fxTransferRequest/body/sourceAmount",
            money("GMD", "1000.01"),
        ),
        ("/fxTransferRequest/body/sourceAmount", money("KES", "1000")),
        (
            "/fxTransferRequest/body/targetAmount",
            money("ZMW", "32.99"),
        ),
        ("/prepare/body/amount/amount", json!("32.99")),
    ] {
        let mut other = done.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        assert!(!is_offered(&other), "{pointer}");
    }
}
