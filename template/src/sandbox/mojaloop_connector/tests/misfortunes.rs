//! Payments that go wrong as ordered.

use std::time::{Duration, Instant};

use super::*;

async fn simulator_with(rule: Value) -> Running {
    let simulator = Running::new();
    simulator.behave(json!({ "rules": [rule] })).await;
    simulator
}

fn accept() -> Value {
    json!({ "acceptQuoteOrConversion": true })
}

/// What the hub says about a transfer, if it has it.
async fn hub_state(simulator: &Running, transfer_id: &str) -> Option<String> {
    let (status, body) = simulator.look_up(transfer_id).await;
    if status == 500 {
        assert_eq!(body["statusCode"], "3208");
        return None;
    }
    let transfer_state = &body["fulfil"]["body"]["transferState"];
    Some(transfer_state.as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn a_fault_before_the_act_leaves_the_transfer_waiting() {
    for (fault, status) in [
        ("fail", 500),
        ("gatewayTimeout", 504),
        ("empty", 204),
        ("unavailable", 503),
    ] {
        let rule = json!({ "operation": "accept", "fault": fault, "times": 1 });
        let simulator = simulator_with(rule).await;
        let transfer_id = simulator.quoted().await;
        let (answered, body) = simulator.decide(&transfer_id, accept()).await;
        assert_eq!(answered, status, "{fault}");
        if status == 500 || status == 504 {
            let last_error = &body["transferState"]["lastError"];
            assert_eq!(*last_error, json!({ "httpStatusCode": status }));
        } else {
            assert_eq!(body, Value::Null, "{fault}");
        }
        assert_eq!(hub_state(&simulator, &transfer_id).await, None, "{fault}");
        let (_, body) = simulator.decide(&transfer_id, accept()).await;
        assert_eq!(body["currentState"], "COMPLETED", "{fault}");
        assert_eq!(simulator.only_transfer().await["accepts"], 2, "{fault}");
    }
}

#[actix_web::test]
async fn an_error_of_the_scheme_ends_the_transfer() {
    let rule = json!({ "operation": "accept", "fault": "mojaloopError", "code": "5100" });
    let simulator = simulator_with(rule).await;
    let transfer_id = simulator.quoted().await;
    let (status, body) = simulator.decide(&transfer_id, accept()).await;
    assert_eq!((status, &body["statusCode"]), (500, &json!("5100")));
    let error = &body["transferState"]["lastError"]["mojaloopError"]["errorInformation"];
    assert_eq!(keys(error), ["errorCode", "errorDescription"]);
    assert_eq!(error["errorCode"], "5100");
    assert_eq!(
        hub_state(&simulator, &transfer_id).await.unwrap(),
        "ABORTED"
    );
    assert_eq!(simulator.decide(&transfer_id, accept()).await.0, 204);
}

#[actix_web::test]
async fn a_commit_whose_answer_is_a_failure_is_found_at_the_hub() {
    for (fault, status) in [("commitThenFail", 500), ("commitThenGatewayTimeout", 504)] {
        let simulator = simulator_with(json!({ "operation": "accept", "fault": fault })).await;
        let transfer_id = simulator.quoted().await;
        let (answered, body) = simulator.decide(&transfer_id, accept()).await;
        assert_eq!(answered, status, "{fault}");
        assert!(
            body["transferState"]["lastError"]
                .get("mojaloopError")
                .is_none()
        );
        assert_eq!(
            hub_state(&simulator, &transfer_id).await.unwrap(),
            "COMMITTED"
        );
        assert_eq!(
            simulator.decide(&transfer_id, accept()).await.0,
            204,
            "{fault}"
        );
    }
}

#[actix_web::test]
async fn a_commit_can_go_without_any_answer() {
    let rule = json!({ "operation": "accept", "fault": "commitThenSilent" });
    let simulator = simulator_with(rule).await;
    let transfer_id = simulator.quoted().await;
    let request = simulator
        .request(Method::PUT, &format!("/transfers/{transfer_id}"))
        .timeout(Duration::from_millis(200))
        .json(&accept());
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!(
        hub_state(&simulator, &transfer_id).await.unwrap(),
        "COMMITTED"
    );
}

#[actix_web::test]
async fn a_commit_can_be_answered_as_only_reserved() {
    let rule = json!({ "operation": "accept", "fault": "commitThenReserved" });
    let simulator = simulator_with(rule).await;
    let transfer_id = simulator.quoted().await;
    let (status, body) = simulator.decide(&transfer_id, accept()).await;
    assert_eq!((status, &body["currentState"]), (200, &json!("COMPLETED")));
    assert_eq!(body["fulfil"]["body"]["transferState"], "RESERVED");
    assert_eq!(
        hub_state(&simulator, &transfer_id).await.unwrap(),
        "COMMITTED"
    );
}

#[actix_web::test]
async fn the_hub_can_abort() {
    let simulator = simulator_with(json!({ "operation": "accept", "fault": "abort" })).await;
    let transfer_id = simulator.quoted().await;
    let (status, body) = simulator.decide(&transfer_id, accept()).await;
    assert_eq!((status, &body["currentState"]), (200, &json!("ABORTED")));
    assert!(body["abortedReason"].is_string());
    assert_eq!(
        hub_state(&simulator, &transfer_id).await.unwrap(),
        "ABORTED"
    );
}

#[actix_web::test]
async fn a_slow_act_happens_even_if_nobody_waits_for_it() {
    let rule = json!({ "operation": "accept", "fault": "slow", "delayMs": 200, "times": 1 });
    let simulator = simulator_with(rule).await;
    let transfer_id = simulator.quoted().await;
    let request = simulator
        .request(Method::PUT, &format!("/transfers/{transfer_id}"))
        .timeout(Duration::from_millis(50))
        .json(&accept());
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!(hub_state(&simulator, &transfer_id).await, None);
    let started = Instant::now();
    while hub_state(&simulator, &transfer_id).await.is_none() {
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "the act never happened"
        );
        rt::time::sleep(Duration::from_millis(20)).await;
    }
}

#[actix_web::test]
async fn a_payment_can_complete_without_asking() {
    let rule = json!({ "operation": "post_transfer", "fault": "autoAcceptQuotes" });
    let simulator = simulator_with(rule).await;
    let (status, body) = simulator.pay(payment()).await;
    assert_eq!((status, &body["currentState"]), (200, &json!("COMPLETED")));
    assert_eq!(body["fulfil"]["body"]["transferState"], "COMMITTED");
    let transfer = simulator.only_transfer().await;
    assert_eq!(
        (&transfer["hubState"], &transfer["accepts"]),
        (&json!("COMMITTED"), &json!(0))
    );
}

#[actix_web::test]
async fn the_look_up_can_be_inconclusive() {
    let rule = json!({ "operation": "get_transfer", "fault": "unknownState", "times": 1 });
    let simulator = simulator_with(rule).await;
    let transfer_id = simulator.quoted().await;
    simulator.decide(&transfer_id, accept()).await;
    assert_eq!(
        hub_state(&simulator, &transfer_id).await.unwrap(),
        "RESERVED"
    );
    assert_eq!(
        hub_state(&simulator, &transfer_id).await.unwrap(),
        "COMMITTED"
    );
}

#[actix_web::test]
async fn the_start_the_rejection_and_the_accounts_can_fail_too() {
    let rule = json!({ "operation": "any", "fault": "mojaloopError", "code": "5200", "times": 1 });
    let simulator = simulator_with(rule.clone()).await;
    let (status, body) = simulator.pay(payment()).await;
    assert_eq!((status, &body["statusCode"]), (500, &json!("5200")));
    assert_eq!(simulator.only_transfer().await["hubState"], "NONE");

    let simulator = simulator_with(rule.clone()).await;
    let account = json!([{ "idType": "MSISDN", "idValue": "1" }]);
    let (status, body) = simulator.call(Method::POST, "/accounts", account).await;
    assert_eq!((status, &body["statusCode"]), (500, &json!("5200")));

    let simulator = simulator_with(json!({ "operation": "reject", "fault": "fail" })).await;
    let transfer_id = simulator.quoted().await;
    let (status, _) = simulator.decide(&transfer_id, json!({})).await;
    assert_eq!(status, 500);
    let transfer = simulator.only_transfer().await;
    assert_eq!(transfer["currentState"], "WAITING_FOR_QUOTE_ACCEPTANCE");
}

#[actix_web::test]
async fn the_usual_behaviour_can_be_restored() {
    let simulator = simulator_with(json!({ "operation": "any", "fault": "unavailable" })).await;
    assert_eq!(simulator.pay(payment()).await.0, 503);
    let (status, _) = simulator
        .call(Method::DELETE, "/simulator/behaviour", Value::Null)
        .await;
    assert_eq!(status, 204);
    assert_eq!(simulator.pay(payment()).await.0, 200);
}
