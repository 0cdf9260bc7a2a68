//! Payments to somebody who has another currency.

use super::*;

/// What is sent in GMD to somebody who has EUR.
fn sent(amount: &str) -> Value {
    let mut request = payment();
    request["amount"] = json!(amount);
    request["from"]["supportedCurrencies"] = json!(["GMD"]);
    request
}

/// What is to be received in EUR from somebody who has GMD.
fn to_be_received(amount: &str) -> Value {
    let mut request = sent(amount);
    request["amountType"] = json!("RECEIVE");
    request["currency"] = json!("EUR");
    request
}

/// How simulators behave in these tests, and more of it.
fn with(more: Value, conversion: Value) -> Value {
    let mut behaviour = json!({
        "payeeCurrencies": ["EUR"],
        "conversion": { "rate": "0.033", "fxp": "fxp1" },
    });
    for (name, field) in more.as_object().unwrap() {
        behaviour[name] = field.clone();
    }
    for (name, field) in conversion.as_object().unwrap() {
        behaviour["conversion"][name] = field.clone();
    }
    behaviour
}

async fn simulator(more: Value, conversion: Value) -> Running {
    let simulator = Running::new();
    simulator.behave(with(more, conversion)).await;
    simulator
}

impl Running {
    /// Pays, or goes on with a payment, and makes sure where it then is.
    async fn reaches(&self, state: &str, (status, body): (u16, Value)) -> Value {
        assert_eq!((status, &body["currentState"]), (200, &json!(state)));
        body
    }

    async fn pauses_at_conversion(&self, answer: (u16, Value)) -> Value {
        self.reaches("WAITING_FOR_CONVERSION_ACCEPTANCE", answer)
            .await
    }

    async fn pauses_at_quote(&self, answer: (u16, Value)) -> Value {
        self.reaches("WAITING_FOR_QUOTE_ACCEPTANCE", answer).await
    }
}

fn id(body: &Value) -> &str {
    body["transferId"].as_str().unwrap()
}

fn money(currency: &str, amount: &str) -> Value {
    json!({ "currency": currency, "amount": amount })
}

#[actix_web::test]
async fn what_is_sent_is_converted_and_then_quoted() {
    let simulator = simulator(json!({}), json!({})).await;
    let converted = simulator
        .pauses_at_conversion(simulator.pay(sent("1000")).await)
        .await;
    assert_eq!(converted["needFx"], true);
    assert_eq!(converted["fxProviders"], json!(["fxp1"]));
    assert_eq!(converted["supportedCurrencies"], json!(["EUR"]));
    assert!(converted.get("quoteResponse").is_none());
    let asked = &converted["fxQuoteRequest"]["body"]["conversionTerms"];
    assert_eq!(asked["sourceAmount"], money("GMD", "1000"));
    assert_eq!(asked["targetAmount"], json!({ "currency": "EUR" }));
    assert_eq!(asked["determiningTransferId"], converted["transferId"]);
    let body = &converted["fxQuoteResponse"]["body"];
    assert_eq!(keys(body), ["condition", "conversionTerms"]);
    let terms = &body["conversionTerms"];
    let expected = [
        "amountType",
        "conversionId",
        "counterPartyFsp",
        "determiningTransferId",
        "expiration",
        "extensionList",
        "initiatingFsp",
        "sourceAmount",
        "targetAmount",
    ];
    assert_eq!(keys(terms), expected);
    assert_eq!(terms["targetAmount"], money("EUR", "33"));
    assert_eq!(terms["counterPartyFsp"], "fxp1");
    assert_eq!(converted["fxQuoteResponseSource"], "fxp1");
    assert!(converted["fxQuoteExpiration"].is_string());

    let accepted = json!({ "acceptConversion": true });
    let quoted = simulator
        .pauses_at_quote(simulator.decide(id(&converted), accepted).await)
        .await;
    assert_eq!(quoted["acceptConversion"], true);
    let asked = &quoted["quoteRequest"]["body"];
    assert_eq!(asked["amount"], money("EUR", "33"));
    let quote = &quoted["quoteResponse"]["body"];
    assert_eq!(quote["transferAmount"], money("EUR", "33"));

    let accepted = json!({ "acceptQuoteOrConversion": true });
    let completed = simulator
        .reaches(
            "COMPLETED",
            simulator.decide(id(&converted), accepted).await,
        )
        .await;
    let expected = [
        "acceptConversion",
        "acceptQuoteOrConversion",
        "amount",
        "amountType",
        "currency",
        "currentState",
        "direction",
        "from",
        "fulfil",
        "fxProviders",
        "fxQuoteExpiration",
        "fxQuoteRequest",
        "fxQuoteResponse",
        "fxQuoteResponseSource",
        "fxTransferExpiration",
        "fxTransferRequest",
        "fxTransferResponse",
        "getPartiesRequest",
        "getPartiesResponse",
        "homeTransactionId",
        "initiatedTimestamp",
        "needFx",
        "note",
        "prepare",
        "quoteId",
        "quoteRequest",
        "quoteRequestExtensions",
        "quoteResponse",
        "quoteResponseSource",
        "supportedCurrencies",
        "to",
        "traceId",
        "transactionType",
        "transferId",
        "transferRequestExtensions",
    ];
    assert_eq!(keys(&completed), expected);
    let request = &completed["fxTransferRequest"]["body"];
    assert_eq!(request["commitRequestId"], terms["conversionId"]);
    assert_eq!(request["sourceAmount"], money("GMD", "1000"));
    let response = &completed["fxTransferResponse"]["body"];
    assert_eq!(response["conversionState"], "RESERVED");
    assert_eq!(completed["prepare"]["body"]["amount"], money("EUR", "33"));
    let known = simulator.only_transfer().await;
    assert_eq!(known["hubState"], "COMMITTED");
    assert_eq!(known["accepts"], 1, "only the last acceptance moves money");
}

#[actix_web::test]
async fn what_is_to_be_received_is_quoted_and_then_converted() {
    let simulator = simulator(json!({ "payeeFee": "1" }), json!({ "charge": "50" })).await;
    let quoted = simulator
        .pauses_at_quote(simulator.pay(to_be_received("99")).await)
        .await;
    assert_eq!(quoted["needFx"], true);
    assert!(quoted.get("fxQuoteRequest").is_none());
    let quote = &quoted["quoteResponse"]["body"];
    assert_eq!(quote["transferAmount"], money("EUR", "100"));

    let accepted = json!({ "acceptQuote": true });
    let converted = simulator
        .pauses_at_conversion(simulator.decide(id(&quoted), accepted).await)
        .await;
    let asked = &converted["fxQuoteRequest"]["body"]["conversionTerms"];
    assert_eq!(asked["sourceAmount"], json!({ "currency": "GMD" }));
    assert_eq!(asked["targetAmount"], money("EUR", "100"));
    let terms = &converted["fxQuoteResponse"]["body"]["conversionTerms"];
    assert_eq!(terms["sourceAmount"], money("GMD", "3080.31"));
    let expected = json!([{
        "chargeType": "currency conversion",
        "sourceAmount": money("GMD", "50"),
        "targetAmount": money("EUR", "1.65"),
    }]);
    assert_eq!(terms["charges"], expected);

    let accepted = json!({ "acceptQuoteOrConversion": true });
    let completed = simulator.decide(id(&quoted), accepted).await;
    let completed = simulator.reaches("COMPLETED", completed).await;
    assert_eq!(completed["fulfil"]["body"]["transferState"], "COMMITTED");
}

#[actix_web::test]
async fn the_party_is_asked_about_first_if_it_is_told_to() {
    let simulator = simulator(json!({ "autoAcceptParty": false }), json!({})).await;
    for (request, then) in [
        (sent("1000"), "WAITING_FOR_CONVERSION_ACCEPTANCE"),
        (to_be_received("100"), "WAITING_FOR_QUOTE_ACCEPTANCE"),
    ] {
        let found = simulator.pay(request).await;
        let found = simulator
            .reaches("WAITING_FOR_PARTY_ACCEPTANCE", found)
            .await;
        assert_eq!(found["needFx"], true);
        let accepted = json!({ "acceptParty": true });
        let answer = simulator.decide(id(&found), accepted).await;
        simulator.reaches(then, answer).await;
    }
}

#[actix_web::test]
async fn a_conversion_is_needed_only_between_currencies() {
    let simulator = Running::new();
    for (payee, state) in [
        ("27713803912", "WAITING_FOR_QUOTE_ACCEPTANCE"),
        (
            conversion::PAYEE_ABROAD,
            "WAITING_FOR_CONVERSION_ACCEPTANCE",
        ),
    ] {
        let mut request = sent("1000");
        request["to"]["idValue"] = json!(payee);
        let paused = simulator.pay(request).await;
        simulator.reaches(state, paused).await;
    }
    let converted = simulator.pay(to_be_received("5")).await;
    assert_eq!(converted.1["needFx"], true);
}

#[actix_web::test]
async fn a_conversion_that_is_not_accepted_is_rejected() {
    let simulator = simulator(json!({}), json!({})).await;
    for decision in [
        json!({ "acceptConversion": false }),
        json!({ "acceptQuote": true }),
        json!({}),
    ] {
        let converted = simulator.pay(sent("1000")).await.1;
        let rejected = simulator.decide(id(&converted), decision.clone()).await;
        let rejected = simulator.reaches("ABORTED", rejected).await;
        assert_eq!(rejected["abortedReason"], "Conversion rejected by backend");
        let (status, _) = simulator.look_up(id(&converted)).await;
        assert_eq!(status, 500, "the hub has never seen it: {decision}");
    }
    let converted = simulator.pay(sent("1000")).await.1;
    let accepted = json!({ "acceptConversion": true });
    simulator.decide(id(&converted), accepted).await;
    let declined = simulator.decide(id(&converted), json!({})).await;
    simulator.reaches("ABORTED", declined).await;
}

#[actix_web::test]
async fn an_fxp_can_refuse_or_not_answer_at_either_stage() {
    for (fault, status, code) in [
        (json!({ "refusesToQuote": "5106" }), 500, "5106"),
        (json!("timesOutOnQuote"), 504, "504"),
    ] {
        let simulator = simulator(json!({}), json!({ "fault": fault })).await;
        let (answered, body) = simulator.pay(sent("1000")).await;
        assert_eq!((answered, &body["statusCode"]), (status, &json!(code)));
        assert_eq!(body["transferState"]["currentState"], "ERROR_OCCURRED");
        assert!(body["transferState"].get("fxQuoteRequest").is_some());
        assert_eq!(simulator.only_transfer().await["hubState"], "NONE");
    }
    for (fault, status, code, hub_state) in [
        (
            json!({ "refusesToReserve": "5001" }),
            500,
            "5001",
            "ABORTED",
        ),
        (json!("timesOutOnReserve"), 504, "504", "NONE"),
    ] {
        let simulator = simulator(json!({}), json!({ "fault": fault })).await;
        let converted = simulator.pay(sent("1000")).await.1;
        let accepted = json!({ "acceptQuoteOrConversion": true });
        simulator.decide(id(&converted), accepted.clone()).await;
        let (answered, body) = simulator.decide(id(&converted), accepted).await;
        assert_eq!((answered, &body["statusCode"]), (status, &json!(code)));
        assert!(body["transferState"].get("fxTransferRequest").is_some());
        assert!(body["transferState"].get("prepare").is_none());
        assert_eq!(simulator.only_transfer().await["hubState"], hub_state);
    }
}

#[actix_web::test]
async fn a_conversion_lives_as_long_as_it_is_told_to() {
    use crate::domain::timestamp::Timestamp;

    let simulator = simulator(json!({}), json!({ "lifetimeMs": 0 })).await;
    let (_, body) = simulator.pay(sent("1000")).await;
    let terms = &body["fxQuoteResponse"]["body"]["conversionTerms"];
    let expires_at: Timestamp = terms["expiration"].as_str().unwrap().parse().unwrap();
    assert!(expires_at <= Timestamp::now());
}

#[actix_web::test]
async fn misfortunes_can_happen_to_the_first_and_to_the_last_acceptance() {
    let refused = json!({
        "operation": "accept_first_terms", "fault": "mojaloopError", "code": "5100",
    });
    let after_quote = json!({ "operation": "accept_first_terms", "fault": "quoteThenFail" });
    let without_asking = json!({ "operation": "accept_first_terms", "fault": "autoAcceptQuotes" });
    let aborted = json!({ "operation": "accept", "fault": "abort" });
    let lost = json!({ "operation": "accept", "fault": "commitThenGatewayTimeout" });
    for (rule, [first, last], hub_state) in [
        (refused, [500, 204], "NONE"),
        (after_quote, [500, 200], "COMMITTED"),
        (without_asking, [200, 200], "COMMITTED"),
        (aborted, [200, 200], "ABORTED"),
        (lost, [200, 504], "COMMITTED"),
    ] {
        for request in [sent("1000"), to_be_received("100")] {
            let simulator = simulator(json!({ "rules": [rule.clone()] }), json!({})).await;
            let paused = simulator.pay(request).await.1;
            let accepted = json!({ "acceptQuoteOrConversion": true });
            let (status, _) = simulator.decide(id(&paused), accepted.clone()).await;
            assert_eq!(status, first, "{rule}");
            let (status, _) = simulator.decide(id(&paused), accepted).await;
            assert_eq!(status, last, "{rule}");
            let known = simulator.only_transfer().await;
            assert_eq!(known["hubState"], hub_state, "{rule}");
        }
    }
}

#[actix_web::test]
async fn a_payment_can_be_completed_without_asking_about_quote_or_conversion() {
    let rule = json!({ "operation": "post_transfer", "fault": "autoAcceptQuotes" });
    let simulator = simulator(json!({ "rules": [rule] }), json!({})).await;
    for request in [sent("1000"), to_be_received("100")] {
        let completed = simulator.pay(request).await;
        simulator.reaches("COMPLETED", completed).await;
    }
}

#[actix_web::test]
async fn refuses_an_fxp_that_cannot_be() {
    let simulator = Running::new();
    for conversion in [
        json!({ "rate": "0" }),
        json!({ "charge": "-1" }),
        json!({ "rate": "a lot" }),
        json!({ "fault": { "refusesToQuote": "no" } }),
        json!({ "lifetimeMs": 86_400_001 }),
        json!({ "spread": "1" }),
    ] {
        let behaviour = json!({ "conversion": conversion });
        let path = "/simulator/behaviour";
        let (status, _) = simulator.call(Method::PUT, path, behaviour).await;
        assert_eq!(status, 400, "{conversion}");
    }
    let (status, _) = simulator
        .call(
            Method::PUT,
            "/simulator/behaviour",
            json!({ "payeeCurrencies": [] }),
        )
        .await;
    assert_eq!(status, 400);
}
