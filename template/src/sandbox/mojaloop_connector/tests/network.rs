//! Several simulators that know each other, each in front of a stub of a backend API.

use std::time::{Duration, Instant};

use super::{incoming::RunningBackend, *};

/// A payer's, a payee's and an FXP's simulator, and what is behind them.
struct Scheme {
    payer: Running,
    payee: Running,
    fxp: Running,
    of_payee: RunningBackend,
    of_fxp: RunningBackend,
}

impl Scheme {
    async fn with(
        payee_answers: fn(usize, &str) -> u16,
        fxp_answers: fn(usize, &str) -> u16,
    ) -> Self {
        let of_payee = RunningBackend::answering(payee_answers);
        let of_fxp = RunningBackend::answering(fxp_answers);
        let scheme = Self {
            payer: Running::new(),
            payee: Running::of("greenbank", &of_payee.base_url),
            fxp: Running::of("goldenfx", &of_fxp.base_url),
            of_payee,
            of_fxp,
        };
        let peers = json!([
            { "fspId": "goldenfx", "url": scheme.fxp.base_url, "converts": true },
            { "fspId": "greenbank", "url": scheme.payee.base_url },
        ]);
        let path = "/simulator/peers";
        let (status, body) = scheme.payer.call(Method::PUT, path, peers).await;
        assert_eq!(status, 204, "{body}");
        scheme
    }

    async fn positions(&self) -> Value {
        let path = "/simulator/positions";
        self.payer.call(Method::GET, path, Value::Null).await.1
    }

    /// Pays, and accepts whatever is asked about.
    async fn pay(&self, request: Value) -> (u16, Value) {
        let (mut status, mut body) = self.payer.pay(request).await;
        while let Some("WAITING_FOR_QUOTE_ACCEPTANCE" | "WAITING_FOR_CONVERSION_ACCEPTANCE") =
            body["currentState"].as_str()
        {
            let transfer_id = body["transferId"].as_str().unwrap().to_owned();
            let accepted = json!({ "acceptQuoteOrConversion": true });
            (status, body) = self.payer.decide(&transfer_id, accepted).await;
        }
        (status, body)
    }
}

/// The request lines that a backend got, once there are as many as expected.
async fn lines(backend: &RunningBackend, number: usize) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while backend.calls().len() < number && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    backend.calls().into_iter().map(|(line, _)| line).collect()
}

fn request(amount_type: &str, currency: &str, amount: &str) -> Value {
    let mut request = payment();
    request["from"]["supportedCurrencies"] = json!(["GMD"]);
    request["amountType"] = json!(amount_type);
    request["currency"] = json!(currency);
    request["amount"] = json!(amount);
    request
}

fn always(_: usize, _: &str) -> u16 {
    200
}

#[actix_web::test]
async fn a_payment_goes_through_the_connectors_of_the_payees_fsp_and_of_the_fxp() {
    let scheme = Scheme::with(always, |_, line| match line {
        "GET /parties/MSISDN/265998571175" => 404,
        _ => 200,
    })
    .await;
    let (status, completed) = scheme.pay(request("SEND", "GMD", "100")).await;
    assert_eq!(
        (status, &completed["currentState"]),
        (200, &json!("COMPLETED"))
    );
    assert_eq!(completed["to"]["fspId"], "greenbank");
    assert_eq!(completed["to"]["firstName"], "Jane");
    let transfer_id = completed["transferId"].as_str().unwrap();
    let terms = &completed["fxQuoteResponse"]["body"]["conversionTerms"];
    let conversion_id = terms["conversionId"].as_str().unwrap();

    let expected = [
        "GET /parties/MSISDN/265998571175",
        "POST /quoterequests",
        "POST /transfers",
        &format!("PUT /transfers/{transfer_id}"),
    ];
    assert_eq!(lines(&scheme.of_payee, 4).await, expected);
    let asked = scheme.of_payee.body_of("POST /quoterequests");
    assert_eq!(
        (&asked["amount"], &asked["currency"]),
        (&json!("50"), &json!("EUR"))
    );

    let notify = format!("PUT /fxTransfers/{conversion_id}");
    let expected = [
        "GET /parties/MSISDN/265998571175",
        "POST /fxQuotes",
        "POST /fxTransfers",
        &notify,
    ];
    assert_eq!(lines(&scheme.of_fxp, 4).await, expected);
    let asked = scheme.of_fxp.body_of("POST /fxQuotes");
    assert_eq!(keys(&asked), ["conversionRequestId", "conversionTerms"]);
    let asked = &asked["conversionTerms"];
    assert_eq!(
        asked["targetAmount"],
        json!({ "currency": "EUR", "amount": "0" })
    );
    assert_eq!(
        asked["extensionList"]["extension"]
            .as_array()
            .unwrap()
            .len(),
        8
    );
    let expected = [
        "commitRequestId",
        "condition",
        "counterPartyFsp",
        "determiningTransferId",
        "expiration",
        "extensionList",
        "homeTransactionId",
        "initiatingFsp",
        "sourceAmount",
        "targetAmount",
    ];
    let reserved = scheme.of_fxp.body_of("POST /fxTransfers");
    assert_eq!(keys(&reserved), expected);
    assert_eq!(reserved["commitRequestId"], conversion_id);
    assert_eq!(reserved["homeTransactionId"], "home-2");
    let notified = scheme.of_fxp.body_of(&notify);
    assert_eq!(keys(&notified), ["completedTimestamp", "conversionState"]);
    assert_eq!(notified["conversionState"], "COMMITTED");

    for simulator in [&scheme.payer, &scheme.payee, &scheme.fxp] {
        let (_, found) = simulator.look_up(transfer_id).await;
        assert_eq!(found["fulfil"]["body"]["transferState"], "COMMITTED");
    }
    let position = |fsp: &str, currency: &str, amount: &str| json!({ "fspId": fsp, "currency": currency, "amount": amount });
    let expected = json!([
        position("bluebank", "GMD", "-100"),
        position("goldenfx", "EUR", "-50"),
        position("goldenfx", "GMD", "100"),
        position("greenbank", "EUR", "50"),
    ]);
    assert_eq!(scheme.positions().await, expected);
}

#[actix_web::test]
async fn what_is_to_be_received_is_quoted_by_the_payees_fsp_first() {
    let scheme = Scheme::with(always, |_, line| match line {
        "GET /parties/MSISDN/265998571175" => 404,
        _ => 200,
    })
    .await;
    let (_, completed) = scheme.pay(request("RECEIVE", "EUR", "100")).await;
    assert_eq!(completed["currentState"], "COMPLETED");
    let asked = &scheme.of_fxp.body_of("POST /fxQuotes")["conversionTerms"];
    assert_eq!(
        asked["sourceAmount"],
        json!({ "currency": "GMD", "amount": "0" })
    );
    assert_eq!(
        asked["targetAmount"],
        json!({ "currency": "EUR", "amount": "100" })
    );
    assert_eq!(scheme.positions().await[0]["amount"], "-200");
}

#[actix_web::test]
async fn a_payee_that_is_refused_undoes_the_conversion() {
    let scheme = Scheme::with(
        |_, line| if line == "POST /transfers" { 400 } else { 200 },
        |_, line| match line {
            "GET /parties/MSISDN/265998571175" => 404,
            _ => 200,
        },
    )
    .await;
    let (status, body) = scheme.pay(request("SEND", "GMD", "100")).await;
    assert_eq!((status, &body["statusCode"]), (500, &json!("3204")));
    let of_fxp = lines(&scheme.of_fxp, 4).await;
    let notified = scheme.of_fxp.body_of(&of_fxp[3]);
    assert_eq!(notified["conversionState"], "ABORTED");
    assert_eq!(
        lines(&scheme.of_payee, 3).await.len(),
        3,
        "who refused is not told"
    );
    assert_eq!(scheme.positions().await, json!([]));
    assert_eq!(scheme.payer.only_transfer().await["hubState"], "ABORTED");
}

#[actix_web::test]
async fn an_fxp_that_does_not_reserve_ends_the_payment() {
    let scheme = Scheme::with(always, |_, line| match line {
        "POST /fxTransfers" | "GET /parties/MSISDN/265998571175" => 400,
        _ => 200,
    })
    .await;
    let (status, _) = scheme.pay(request("SEND", "GMD", "100")).await;
    assert_eq!(status, 500);
    assert_eq!(
        lines(&scheme.of_fxp, 3).await.len(),
        3,
        "who refused is not told"
    );
    let expected = ["GET /parties/MSISDN/265998571175", "POST /quoterequests"];
    assert_eq!(lines(&scheme.of_payee, 2).await, expected);
    assert_eq!(scheme.positions().await, json!([]));
}

#[actix_web::test]
async fn nobody_is_found_whom_no_participant_knows() {
    let scheme = Scheme::with(|_, _| 404, |_, _| 404).await;
    let (status, body) = scheme.pay(request("SEND", "GMD", "100")).await;
    assert_eq!((status, &body["statusCode"]), (500, &json!("500")));
}

#[actix_web::test]
async fn a_peer_that_is_not_there_is_a_timeout() {
    let scheme = Scheme::with(always, |_, line| match line {
        "GET /parties/MSISDN/265998571175" => 404,
        _ => 200,
    })
    .await;
    let (_, paused) = scheme.payer.pay(request("SEND", "GMD", "100")).await;
    assert_eq!(paused["currentState"], "WAITING_FOR_CONVERSION_ACCEPTANCE");
    let peers = json!([{ "fspId": "greenbank", "url": "http://127.0.0.1:9" }]);
    scheme
        .payer
        .call(Method::PUT, "/simulator/peers", peers)
        .await;
    let transfer_id = paused["transferId"].as_str().unwrap();
    let accepted = json!({ "acceptConversion": true });
    let (status, _) = scheme.payer.decide(transfer_id, accepted).await;
    assert_eq!(status, 504);
}

#[actix_web::test]
async fn a_final_notification_can_be_lost_or_repeated() {
    let scheme = Scheme::with(always, |_, line| match line {
        "GET /parties/MSISDN/265998571175" => 404,
        _ => 200,
    })
    .await;
    scheme
        .payee
        .behave(json!({ "finalNotifications": 0 }))
        .await;
    scheme.fxp.behave(json!({ "finalNotifications": 3 })).await;
    scheme.pay(request("SEND", "GMD", "100")).await;
    assert_eq!(lines(&scheme.of_fxp, 6).await.len(), 6);
    assert_eq!(lines(&scheme.of_payee, 3).await.len(), 3);
}
