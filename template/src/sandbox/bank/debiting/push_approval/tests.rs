use std::{net::TcpListener, time::Duration};

use actix_web::{App, HttpServer};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::sandbox::bank::{
    api::caller::{Caller, PAYER, kes as kes_in_json},
    books::example::*,
};

fn request(payer: &str, transfer_amount: &str, fee: &str) -> Request {
    Request {
        phone: "254700000002".to_owned(),
        account: account(payer),
        funding_account: account(COLLECTS_FROM_PAYERS),
        transfer_amount: kes(transfer_amount),
        fee: kes(fee),
        expires_at: Timestamp::now().after(Duration::from_secs(60)),
    }
}

fn phone(books: &mut Books, answer: Answer) {
    let phone = Phone {
        answer,
        delay_ms: 0,
    };
    phone.carry_out(books, "phone 254700000002").unwrap();
}

fn refund(request: &str) -> Refund {
    Refund {
        request: request.to_owned(),
    }
}

fn approved() -> Option<Approval> {
    Some(Approval::Approved {
        booking_id: "booking-1".to_owned(),
    })
}

#[test]
fn money_is_taken_when_the_customer_approves_and_not_before() {
    let mut books = books();
    instruct(&mut books, "r", request("2", "100", "2.5")).unwrap();
    assert_eq!(find(&mut books, "r"), Some(Approval::Pending));
    assert_eq!(funds(&books, "2"), two("500", "500"));
    std::thread::sleep(Duration::from_millis(150));
    for _ in 0..2 {
        assert_eq!(find(&mut books, "r"), approved());
    }
    assert_eq!(funds(&books, "2"), two("397.5", "397.5"));
    assert_eq!(funds(&books, COLLECTS_FROM_PAYERS), two("1100", "1100"));
    assert_eq!(funds(&books, "fees"), two("2.5", "2.5"));
    assert!(books.report().balanced);
}

#[test]
fn a_customer_declines_or_never_answers_if_he_was_told_to() {
    let mut books = books();
    phone(&mut books, Answer::Decline);
    instruct(&mut books, "declined", request("2", "100", "0")).unwrap();
    phone(&mut books, Answer::Never);
    instruct(&mut books, "open", request("2", "100", "0")).unwrap();
    assert_eq!(find(&mut books, "declined"), Some(Approval::Declined));
    assert_eq!(find(&mut books, "open"), Some(Approval::Pending));
    assert_eq!(find(&mut books, "nothing"), None);
    assert_eq!(books.report().postings.len(), 1);
}

#[test]
fn a_request_that_is_cancelled_or_expired_is_never_approved() {
    let mut books = books();
    phone(&mut books, Answer::Never);
    instruct(&mut books, "cancelled", request("2", "100", "0")).unwrap();
    let order = Request {
        expires_at: Timestamp::now(),
        ..request("2", "100", "0")
    };
    phone(&mut books, Answer::Approve);
    instruct(&mut books, "expired", order).unwrap();
    for _ in 0..2 {
        assert_eq!(cancel(&mut books, "cancelled"), Ok(Approval::Expired));
        assert_eq!(find(&mut books, "expired"), Some(Approval::Expired));
    }
    assert_eq!(cancel(&mut books, "nothing"), Err(UNKNOWN_APPROVAL));
    assert_eq!(books.report().postings.len(), 1);
}

#[test]
fn a_customer_who_is_faster_than_the_cancellation_has_paid() {
    let mut books = books();
    phone(&mut books, Answer::Approve);
    instruct(&mut books, "r", request("2", "100", "0")).unwrap();
    assert_eq!(cancel(&mut books, "r").ok(), approved());
    assert_eq!(funds(&books, "2"), two("400", "400"));
}

#[test]
fn who_has_spent_the_money_meanwhile_has_not_approved() {
    let mut books = books();
    phone(&mut books, Answer::Approve);
    instruct(&mut books, "r", request("2", "500", "0")).unwrap();
    instruct(&mut books, "spent", transfer("2", "1", "50")).unwrap();
    assert_eq!(find(&mut books, "r"), Some(Approval::Declined));
    assert!(books.report().balanced);
}

#[test]
fn a_request_that_is_not_possible_is_refused() {
    assert_refused(request("9", "1", "0"), Refusal::UnknownAccount);
    assert_refused(request("5", "1", "0"), Refusal::AccountBlocked);
    assert_refused(request("6", "1", "0"), Refusal::AccountClosed);
    assert_refused(request("3", "50", "0.01"), Refusal::LimitExceeded);
    assert_refused(request("2", "500", "0.01"), Refusal::InsufficientFunds);
    assert_refused(request("2", "0", "0"), Refusal::Malformed);
    let order = Request {
        funding_account: account("1"),
        ..request("2", "1", "0")
    };
    assert_refused(order, Refusal::UnknownFundingAccount);
}

#[test]
fn what_was_approved_is_refunded_once() {
    let mut books = books();
    phone(&mut books, Answer::Approve);
    instruct(&mut books, "r", request("2", "100", "2.5")).unwrap();
    let early = instruct(&mut books, "early", refund("r"));
    assert_eq!(early, Err(NOT_APPROVED));
    assert!(find(&mut books, "r").is_some());
    instruct(&mut books, "refund", refund("r")).unwrap();
    assert_eq!(funds(&books, "2"), two("500", "500"));
    assert_eq!(funds(&books, "fees"), two("0", "0"));
    assert_eq!(instruct(&mut books, "again", refund("r")), Err(REFUNDED));
    // What the customer answered stays so.
    assert_eq!(find(&mut books, "r"), approved());
    assert_refused(refund("nothing"), NOT_APPROVED);
}

#[test]
fn a_forgetful_bank_asks_twice_and_takes_twice() {
    let mut books = books();
    phone(&mut books, Answer::Approve);
    for _ in 0..2 {
        instruct_forgetful(&mut books, "r", request("2", "100", "0")).unwrap();
        assert_eq!(find(&mut books, "r"), approved());
    }
    assert_eq!(funds(&books, "2"), two("300", "300"));
    assert_eq!(books.report().repeated_instructions, 1);
}

fn request_in_json() -> Value {
    json!({
        "reference": "t1:r",
        "phone": "971938765",
        "account": PAYER,
        "funding_account": COLLECTS_FROM_PAYERS,
        "transfer_amount": kes_in_json("9.5"),
        "fee": kes_in_json("0.5"),
        "expires_at": Timestamp::now().after(Duration::from_secs(60)),
    })
}

async fn put(caller: &Caller, path: &str, body: Value) -> u16 {
    let url = format!("{}{path}", caller.address);
    caller.answer(caller.client.put(url).json(&body)).await.0
}

#[tokio::test]
async fn a_payment_goes_through_the_doors() {
    let caller = Caller::of_new_bank(configure);
    let at_once = json!({ "answer": "approve", "delay_ms": 0 });
    assert_eq!(put(&caller, "/phones/971938765", at_once).await, 204);
    let (status, body) = caller.post("/approvals", request_in_json()).await;
    assert_eq!(status, 200);
    assert_eq!(caller.available(PAYER), "5000");
    let (status, found) = caller.get("/approvals/t1%3Ar").await;
    assert_eq!((status, &found["status"]), (200, &json!("approved")));
    assert_eq!(found["booking_id"], body["booking_id"]);
    assert_eq!(caller.available(PAYER), "4990");
    let (status, found) = caller.post("/approvals/t1:r/cancel", json!({})).await;
    assert_eq!((status, &found["status"]), (200, &json!("approved")));
    let refund = json!({ "reference": "t1:refund" });
    let (status, _) = caller.post("/approvals/t1:r/refund", refund).await;
    assert_eq!(status, 200);
    assert_eq!(caller.available(PAYER), "5000");
    let (status, body) = caller.get("/approvals/t2:r").await;
    assert_eq!((status, &body["reason"]), (404, &json!("unknown_approval")));
    let wrong = json!({ "answer": "dance" });
    assert_eq!(put(&caller, "/phones/971938765", wrong).await, 400);
}

#[tokio::test]
async fn whoever_is_to_be_called_back_is_told_when_the_customer_has_answered() {
    type Heard = (Option<String>, web::Bytes);
    let (heard, mut callbacks) = tokio::sync::mpsc::unbounded_channel::<Heard>();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/approvals", listener.local_addr().unwrap());
    let server = HttpServer::new(move || {
        let heard = heard.clone();
        let hear = move |request: actix_web::HttpRequest, body: web::Bytes| {
            let signature = request.headers().get("X-Approval-Signature");
            let signature = signature.map(|text| text.to_str().unwrap().to_owned());
            heard.send((signature, body)).unwrap();
            async { HttpResponse::Accepted().finish() }
        };
        App::new().route("/approvals", web::post().to(hear))
    });
    tokio::spawn(server.workers(1).listen(listener).unwrap().run());

    let caller = Caller::of_new_bank(configure);
    let target = json!({ "url": url, "secret": "Jefe" });
    assert_eq!(put(&caller, "/callback-target", target).await, 204);
    caller.post("/approvals", request_in_json()).await;
    let heard = tokio::time::timeout(Duration::from_secs(30), callbacks.recv());
    let (signature, body) = heard.await.unwrap().unwrap();
    assert_eq!(body, json!({ "reference": "t1:r" }).to_string());
    assert_eq!(signature.unwrap().len(), 64);
    assert_eq!(caller.available(PAYER), "4990");
}

proptest! {
    #[test]
    fn whatever_comes_the_books_stay_in_order(
        instructions in prop::collection::vec(
            ("[a-h]", "[1-6]", 0i64..30, 0..4, any::<bool>()),
            1..60,
        ),
    ) {
        let mut books = books();
        phone(&mut books, Answer::Approve);
        for (reference, payer, tens, what, forgetful) in instructions {
            match what {
                0 => { find(&mut books, &reference); }
                1 => { let _ = cancel(&mut books, &reference); }
                2 => assert_stays_in_order(&mut books, |books| {
                    let order = refund(&reference);
                    books.instruct(&format!("{reference} back"), order, forgetful)
                }),
                _ => assert_stays_in_order(&mut books, |books| {
                    let order = request(&payer, &(tens * 10).to_string(), "1");
                    books.instruct(&reference, order, forgetful)
                }),
            }
            prop_assert!(books.report().balanced);
        }
    }
}
