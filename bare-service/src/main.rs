//! A web service that reads the bodies that a connector reads, and answers what a
//! connector answers. It asks no bank, decides nothing and keeps nothing: no
//! connector on this web framework can be faster.

#![allow(dead_code, reason = "what is read is not looked at")]

use std::{env, io};

use actix_web::{
    App, HttpServer,
    web::{self, Json, Path},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Party {
    id_type: String,
    id_value: String,
    fsp_id: &'static str,
    display_name: &'static str,
    first_name: &'static str,
    middle_name: &'static str,
    last_name: &'static str,
    date_of_birth: &'static str,
    supported_currencies: [&'static str; 1],
    extension_list: [&'static str; 0],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PartyBody {
    id_type: String,
    id_value: String,
    id_sub_value: Option<String>,
    fsp_id: Option<String>,
    display_name: Option<String>,
    first_name: Option<String>,
    middle_name: Option<String>,
    last_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QuoteRequest {
    quote_id: String,
    transaction_id: String,
    to: PartyBody,
    from: PartyBody,
    amount_type: String,
    amount: String,
    currency: String,
    transaction_type: String,
    extension_list: Option<serde_json::Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Quote {
    quote_id: String,
    transaction_id: String,
    transfer_amount: String,
    transfer_amount_currency: String,
    payee_receive_amount: String,
    payee_receive_amount_currency: String,
    payee_fsp_fee_amount: &'static str,
    payee_fsp_fee_amount_currency: String,
    payee_fsp_commission_amount: &'static str,
    payee_fsp_commission_amount_currency: String,
    expiration: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TransferRequest {
    transfer_id: String,
    quote: QuoteCopy,
    from: PartyBody,
    to: PartyBody,
    amount_type: String,
    amount: String,
    currency: String,
    transaction_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QuoteCopy {
    quote_id: Option<String>,
    transfer_amount: String,
    payee_receive_amount: Option<String>,
    payee_fsp_fee_amount: Option<String>,
    payee_fsp_commission_amount: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Transfer {
    home_transaction_id: String,
    transfer_state: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    current_state: Option<Box<RawValue>>,
    final_notification: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct Nothing {}

async fn healthy() -> &'static str {
    "{\"status\":\"OK\"}"
}

async fn find_party(path: Path<(String, String)>) -> Json<Party> {
    let (id_type, id_value) = path.into_inner();
    Json(Party {
        id_type,
        id_value,
        fsp_id: "harbourbank",
        display_name: "John Doe",
        first_name: "John",
        middle_name: "Alexander",
        last_name: "Doe",
        date_of_birth: "1990-05-15",
        supported_currencies: ["GMD"],
        extension_list: [],
    })
}

async fn quote(request: Json<QuoteRequest>) -> Json<Quote> {
    let request = request.into_inner();
    Json(Quote {
        quote_id: request.quote_id,
        transaction_id: request.transaction_id,
        transfer_amount: request.amount.clone(),
        transfer_amount_currency: request.currency.clone(),
        payee_receive_amount: request.amount,
        payee_receive_amount_currency: request.currency.clone(),
        payee_fsp_fee_amount: "0",
        payee_fsp_fee_amount_currency: request.currency.clone(),
        payee_fsp_commission_amount: "0",
        payee_fsp_commission_amount_currency: request.currency,
        expiration: "2030-01-01T00:00:00.000Z",
    })
}

async fn prepare(request: Json<TransferRequest>) -> Json<Transfer> {
    Json(Transfer {
        home_transaction_id: request.into_inner().transfer_id,
        transfer_state: "RESERVED",
    })
}

async fn notify(_: Path<String>, _: Json<Notification>) -> Json<Nothing> {
    Json(Nothing {})
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let port = env::var("SDK_SERVER_PORT").unwrap_or_default();
    let port = port.parse().map_err(io::Error::other)?;
    HttpServer::new(|| {
        App::new()
            .route("/health", web::get().to(healthy))
            .route("/parties/{idType}/{idValue}", web::get().to(find_party))
            .route("/quoterequests", web::post().to(quote))
            .route("/transfers", web::post().to(prepare))
            .route("/transfers/{transferId}", web::put().to(notify))
    })
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
