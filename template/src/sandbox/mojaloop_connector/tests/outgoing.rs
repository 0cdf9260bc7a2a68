//! Payments that go as they should.

use super::*;

#[actix_web::test]
async fn a_payment_is_quoted_accepted_and_committed() {
    let simulator = Running::new();
    let (status, quoted) = simulator.pay(payment()).await;
    assert_eq!(status, 200, "{quoted}");
    let expected = [
        "amount",
        "amountType",
        "currency",
        "currentState",
        "direction",
        "from",
        "getPartiesRequest",
        "getPartiesResponse",
        "homeTransactionId",
        "initiatedTimestamp",
        "needFx",
        "note",
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
    assert_eq!(keys(&quoted), expected);
    assert_eq!(quoted["to"]["fspId"], "greenbank");
    assert_eq!(quoted["supportedCurrencies"], json!(["GMD"]));
    let expected = [
        "condition",
        "expiration",
        "extensionList",
        "ilpPacket",
        "payeeFspFee",
        "payeeReceiveAmount",
        "transferAmount",
    ];
    assert_eq!(keys(&quoted["quoteResponse"]["body"]), expected);

    let transfer_id = quoted["transferId"].as_str().unwrap();
    assert_eq!(transfer_id.len(), 26);
    let decision = json!({ "acceptQuoteOrConversion": true });
    let (status, completed) = simulator.decide(transfer_id, decision).await;
    assert_eq!(
        (status, &completed["currentState"]),
        (200, &json!("COMPLETED"))
    );
    assert_eq!(keys(&completed["prepare"]), ["body", "headers"]);
    let expected = [
        "completedTimestamp",
        "extensionList",
        "fulfilment",
        "transferState",
    ];
    assert_eq!(keys(&completed["fulfil"]["body"]), expected);
    assert_eq!(completed["fulfil"]["body"]["transferState"], "COMMITTED");

    let (status, found) = simulator.look_up(transfer_id).await;
    assert_eq!((status, &found["currentState"]), (200, &json!("COMPLETED")));
    assert_eq!(found["fulfil"]["body"]["transferState"], "COMMITTED");

    let expected = json!({
        "transferId": transfer_id,
        "direction": "OUTBOUND",
        "hubState": "COMMITTED",
        "currentState": "COMPLETED",
        "amount": "100",
        "currency": "GMD",
        "accepts": 1,
    });
    assert_eq!(simulator.only_transfer().await, expected);
}

#[actix_web::test]
async fn the_amounts_of_a_quote_add_up_with_the_fee_of_the_payees_fsp() {
    let simulator = Running::new();
    simulator.behave(json!({ "payeeFee": "1.5" })).await;
    for (amount_type, transferred, received) in
        [("SEND", "100", "98.5"), ("RECEIVE", "101.5", "100")]
    {
        let mut request = payment();
        request["amountType"] = json!(amount_type);
        let (_, body) = simulator.pay(request).await;
        let quote = &body["quoteResponse"]["body"];
        let money = |amount: &str| json!({ "currency": "GMD", "amount": amount });
        assert_eq!(quote["transferAmount"], money(transferred), "{amount_type}");
        assert_eq!(
            quote["payeeReceiveAmount"],
            money(received),
            "{amount_type}"
        );
        assert_eq!(quote["payeeFspFee"], money("1.5"), "{amount_type}");
    }
    let mut too_little = payment();
    too_little["amount"] = json!("1.5");
    let (status, body) = simulator.pay(too_little).await;
    assert_eq!((status, &body["statusCode"]), (500, &json!("5101")));
}

#[actix_web::test]
async fn a_quote_lives_as_long_as_it_is_told_to() {
    let simulator = Running::new();
    simulator.behave(json!({ "quoteLifetimeMs": 0 })).await;
    let (_, body) = simulator.pay(payment()).await;
    let expiration = &body["quoteResponse"]["body"]["expiration"];
    let expires_at: crate::domain::timestamp::Timestamp =
        expiration.as_str().unwrap().parse().unwrap();
    assert!(expires_at <= crate::domain::timestamp::Timestamp::now());
}

#[actix_web::test]
async fn keeps_the_transfer_id_and_the_trace_of_the_caller() {
    let simulator = Running::new();
    let transfer_id = "01913f5e-7c1a-7000-8000-000000000001";
    let mut request = payment();
    request["transferId"] = json!(transfer_id);
    let response = simulator
        .request(Method::POST, "/transfers")
        .header(
            "traceparent",
            "00-53132a2772bb88a2000d0b1693a0be30-ad8fe39c25d0fe50-01",
        )
        .json(&request)
        .send()
        .await
        .unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["transferId"], transfer_id);
    assert_eq!(body["traceId"], "53132a2772bb88a2000d0b1693a0be30");
}

#[actix_web::test]
async fn a_transfer_that_the_hub_has_cannot_be_started_again() {
    let simulator = Running::new();
    let transfer_id = simulator.quoted().await;
    let mut again = payment();
    again["transferId"] = json!(transfer_id);
    assert_eq!(
        simulator.pay(again.clone()).await.0,
        200,
        "nothing was sent yet"
    );
    simulator
        .decide(&transfer_id, json!({ "acceptQuote": true }))
        .await;
    let (status, body) = simulator.pay(again).await;
    assert_eq!((status, &body["statusCode"]), (500, &json!("3106")));
}

#[actix_web::test]
async fn what_is_not_accepted_is_rejected_and_never_reaches_the_hub() {
    let simulator = Running::new();
    for decision in [
        json!({ "acceptQuoteOrConversion": false }),
        json!({ "acceptQuote": false }),
        json!({ "acceptParty": true }),
        json!({}),
    ] {
        let transfer_id = simulator.quoted().await;
        let (status, body) = simulator.decide(&transfer_id, decision).await;
        assert_eq!((status, &body["currentState"]), (200, &json!("ABORTED")));
        assert_eq!(body["abortedReason"], "Quote rejected by backend");
        let (status, body) = simulator.look_up(&transfer_id).await;
        assert_eq!((status, &body["statusCode"]), (500, &json!("3208")));
    }
}

#[actix_web::test]
async fn a_repeated_decision_is_answered_by_what_became_of_the_first() {
    let simulator = Running::new();
    let accept = json!({ "acceptQuote": true });

    let committed = simulator.quoted().await;
    let first = simulator.decide(&committed, accept.clone()).await;
    assert_eq!(simulator.decide(&committed, accept.clone()).await, first);
    assert_eq!(simulator.only_transfer().await["accepts"], 2);

    let aborted = simulator.quoted().await;
    simulator
        .decide(&aborted, json!({ "acceptQuote": false }))
        .await;
    assert_eq!(
        simulator.decide(&aborted, accept.clone()).await,
        (204, Value::Null)
    );

    let (status, body) = simulator.decide("unknown", accept).await;
    assert_eq!((status, keys(&body)), (500, vec!["message", "statusCode"]));
    assert_eq!(body["statusCode"], "500");
}

#[actix_web::test]
async fn asks_about_the_party_first_if_it_is_told_to() {
    let simulator = Running::new();
    simulator.behave(json!({ "autoAcceptParty": false })).await;
    let (status, body) = simulator.pay(payment()).await;
    assert_eq!(
        (status, &body["currentState"]),
        (200, &json!("WAITING_FOR_PARTY_ACCEPTANCE"))
    );
    assert_eq!(body["to"]["firstName"], "John");
    assert!(body.get("quoteResponse").is_none());

    let transfer_id = body["transferId"].as_str().unwrap();
    let (status, body) = simulator
        .decide(transfer_id, json!({ "acceptParty": true }))
        .await;
    assert_eq!(
        (status, &body["currentState"]),
        (200, &json!("WAITING_FOR_QUOTE_ACCEPTANCE"))
    );
    let (_, body) = simulator
        .decide(transfer_id, json!({ "acceptQuote": true }))
        .await;
    assert_eq!(body["currentState"], "COMPLETED");

    let (_, body) = simulator.pay(payment()).await;
    let transfer_id = body["transferId"].as_str().unwrap();
    let (_, body) = simulator
        .decide(transfer_id, json!({ "acceptQuote": true }))
        .await;
    assert_eq!(body["abortedReason"], "Party rejected by backend");
}

#[actix_web::test]
async fn an_unknown_party_is_an_error_without_a_code() {
    let simulator = Running::new();
    let mut request = payment();
    request["to"]["idValue"] = json!("46733123450");
    let (status, body) = simulator.pay(request).await;
    assert_eq!(status, 500);
    assert_eq!(keys(&body), ["message", "statusCode", "transferState"]);
    assert_eq!(body["statusCode"], "500");
    let message = body["message"].as_str().unwrap();
    let start = r#"Got an error response resolving party: {"errorInformation":{"#;
    assert!(message.starts_with(start), "{message}");

    let state = &body["transferState"];
    let expected = [
        "amount",
        "amountType",
        "currency",
        "currentState",
        "direction",
        "from",
        "getPartiesRequest",
        "getPartiesResponse",
        "homeTransactionId",
        "initiatedTimestamp",
        "lastError",
        "note",
        "quoteRequestExtensions",
        "to",
        "traceId",
        "transactionType",
        "transferId",
        "transferRequestExtensions",
    ];
    assert_eq!(keys(state), expected);
    assert_eq!(state["currentState"], "ERROR_OCCURRED");
    assert_eq!(keys(&state["to"]), ["idType", "idValue"]);
    assert_eq!(state["lastError"]["httpStatusCode"], 500);
    let error_information = &state["lastError"]["mojaloopError"]["errorInformation"];
    assert_eq!(
        keys(error_information),
        ["errorDescription", "extensionList"]
    );
    assert_eq!(
        state["getPartiesResponse"]["body"]["errorInformation"],
        *error_information
    );
}

#[actix_web::test]
async fn a_malformed_payment_is_400_and_leaves_nothing_behind() {
    let simulator = Running::new();
    let mut request = payment();
    request["amount"] = json!("150.00");
    let (status, body) = simulator.pay(request).await;
    assert_eq!((status, keys(&body)), (400, vec!["message", "statusCode"]));
    let (_, transfers) = simulator
        .call(Method::GET, "/simulator/transfers", Value::Null)
        .await;
    assert_eq!(transfers, json!([]));
}
