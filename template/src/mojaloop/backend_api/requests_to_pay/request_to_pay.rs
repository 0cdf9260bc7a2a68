//! `/transactionrequests`, `/requestToPay` and `/otp`: requests to pay, of both
//! sides.

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path},
};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use crate::{
    domain::{
        error::PaymentError,
        received_request::{AskingPayee, Initiator, InitiatorType, PaymentDemand},
        sent_request::PayersWord,
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    mojaloop::{
        backend_api::{BackendApi, BackendError, InstructionError},
        http::{malformed, optional_text, read_amount, read_text, read_transfer_id, resource},
        openapi::{
            errors::{Errors, ErrorsOrUnknown},
            words::{
                AmountText, CorrelationId, CurrencyCode, IdTypeName, IdValue, Moment, ShortText,
            },
        },
    },
};

word!(
    /// Who has begun.
    InitiatorName,
    |text| text.enum_values(Some(["PAYER", "PAYEE"]))
);
word!(
    /// What kind of party has begun.
    InitiatorTypeName,
    |text| text.enum_values(Some(["CONSUMER", "AGENT", "BUSINESS", "DEVICE"]))
);
word!(
    /// What the payer's FSP says of a request.
    TransactionRequestStateName,
    |text| text.enum_values(Some(["RECEIVED", "PENDING", "ACCEPTED", "REJECTED"]))
);

/// One end of a request.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RequestPartyBody {
    #[schema(value_type = IdTypeName)]
    id_type: String,
    #[schema(value_type = IdValue)]
    id_value: String,
    #[schema(value_type = Option<IdValue>)]
    id_sub_value: Option<String>,
    #[schema(value_type = Option<ShortText>)]
    fsp_id: Option<String>,
    #[schema(value_type = Option<ShortText>)]
    display_name: Option<String>,
    first_name: Option<String>,
    middle_name: Option<String>,
    last_name: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TransactionRequestBody {
    #[schema(value_type = CorrelationId)]
    transaction_request_id: String,
    from: RequestPartyBody,
    to: RequestPartyBody,
    #[schema(value_type = AmountText)]
    amount: String,
    #[schema(value_type = CurrencyCode)]
    currency: String,
    #[schema(value_type = ShortText)]
    transaction_type: String,
    #[schema(value_type = InitiatorName)]
    initiator: Initiator,
    #[schema(value_type = InitiatorTypeName)]
    initiator_type: InitiatorType,
    #[schema(value_type = Option<ShortText>)]
    note: Option<String>,
    #[schema(value_type = Option<Moment>)]
    expiration: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TransactionRequestAnswer {
    #[schema(value_type = CorrelationId)]
    transaction_id: TransferId,
    #[schema(value_type = TransactionRequestStateName)]
    transaction_request_state: PayersWord,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RequestToPayBody {
    #[schema(value_type = TransactionRequestStateName)]
    transaction_request_state: PayersWord,
    #[serde(rename = "homeR2PTransactionId")]
    home_r2p_transaction_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OneTimePasswordAnswer {
    otp_value: String,
}

/// Somebody asks a customer of this DFSP for money
///
/// The answer is always that the request is here: the customer decides later.
#[utoipa::path(
    post,
    path = "/transactionrequests",
    tag = "requests to pay",
    request_body = TransactionRequestBody,
    responses((status = 200, body = TransactionRequestAnswer, description = "It is received."), Errors),
)]
async fn receive_request(
    api: Data<BackendApi>,
    body: Json<TransactionRequestBody>,
) -> Result<Json<TransactionRequestAnswer>, InstructionError> {
    let demand = read_demand(&api, body.into_inner())?;
    let request = api.received_requests.receive(demand).await?;
    Ok(Json(TransactionRequestAnswer {
        transaction_id: request.transaction_id,
        transaction_request_state: PayersWord::Received,
    }))
}

fn read_demand(
    api: &BackendApi,
    body: TransactionRequestBody,
) -> Result<PaymentDemand, PaymentError> {
    let currency = api.currencies.accept(&body.currency)?;
    let (payer, payee) = payer_and_payee(body.from, body.to, &api.fsp_id);
    let expires_at = body.expiration.as_deref().map(str::parse::<Timestamp>);
    let payee_id = payee.id_sub_value.as_deref();
    let payee_id = api
        .identifiers
        .of_anybody(&payee.id_type, &payee.id_value, payee_id)?;
    Ok(PaymentDemand {
        transaction_request_id: read_transfer_id(
            body.transaction_request_id,
            "transactionRequestId",
        )?,
        payer: api.identifiers.of_customer(
            &payer.id_type,
            &payer.id_value,
            payer.id_sub_value.as_deref(),
        )?,
        payee: AskingPayee {
            identifier: payee_id,
            name: name_of(&payee)?,
            fsp_id: optional_text(payee.fsp_id, "fspId")?,
        },
        amount: read_amount(&body.amount, currency)?,
        transaction_type: read_text(body.transaction_type, "transactionType")?,
        initiator: body.initiator,
        initiator_type: body.initiator_type,
        note: optional_text(body.note, "note")?,
        expires_at: expires_at
            .transpose()
            .map_err(|error| malformed(format!("expiration: {error}")))?,
    })
}

/// Who is asked, and who asks. The Mojaloop Connector turns `from` and `to`
/// around when it asks, and others do not; so the customer is the one whose FSP
/// is this one. If that does not decide it, it is as with the Mojaloop Connector:
/// `to` is asked.
fn payer_and_payee(
    from: RequestPartyBody,
    to: RequestPartyBody,
    fsp_id: &str,
) -> (RequestPartyBody, RequestPartyBody) {
    let is_here = |party: &RequestPartyBody| party.fsp_id.as_deref() == Some(fsp_id);
    if is_here(&from) && !is_here(&to) {
        (from, to)
    } else {
        (to, from)
    }
}

fn name_of(party: &RequestPartyBody) -> Result<Option<String>, PaymentError> {
    let names = [&party.first_name, &party.middle_name, &party.last_name];
    let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
    let full_name = Some(names.join(" ")).filter(|name| !name.is_empty());
    optional_text(party.display_name.clone().or(full_name), "the name")
}

/// The payer's FSP says what became of a request of a customer of this DFSP
#[utoipa::path(
    put,
    path = "/requestToPay/{transactionRequestId}",
    tag = "requests to pay",
    params(("transactionRequestId" = CorrelationId, Path)),
    request_body = RequestToPayBody,
    responses((status = 200, body = Object, description = "It is heard."), Errors),
)]
async fn hear_of_request(
    api: Data<BackendApi>,
    path: Path<String>,
    body: Json<RequestToPayBody>,
) -> Result<HttpResponse, InstructionError> {
    let id = read_transfer_id(path.into_inner(), "transactionRequestId")?;
    let body = body.into_inner();
    // Only an identifier of ours helps to find the request.
    let ours = body.home_r2p_transaction_id;
    let ours = ours.and_then(|ours| TransferId::try_from(ours).ok());
    api.sent_requests
        .hear(&id, ours.as_ref(), body.transaction_request_state)
        .await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({})))
}

/// The one-time password of a request that is known here, to either side
#[utoipa::path(
    get,
    path = "/otp/{transactionRequestId}",
    tag = "requests to pay",
    params(("transactionRequestId" = CorrelationId, Path)),
    responses((status = 200, body = OneTimePasswordAnswer, description = "The password."), ErrorsOrUnknown),
)]
async fn find_one_time_password(
    api: Data<BackendApi>,
    path: Path<String>,
) -> Result<Json<OneTimePasswordAnswer>, BackendError> {
    let id = read_transfer_id(path.into_inner(), "transactionRequestId")?;
    if !api.sent_requests.is_known(&id).await? {
        api.received_requests.find(&id).await?;
    }
    let password = api.sent_requests.find_one_time_password(&id).await?;
    Ok(Json(OneTimePasswordAnswer {
        otp_value: password.as_str().to_owned(),
    }))
}

/// The routes, in the order of the official document.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/requestToPay/{transactionRequestId}").route(web::put().to(hear_of_request)),
        )
        .service(
            resource("/otp/{transactionRequestId}").route(web::get().to(find_one_time_password)),
        )
        .service(resource("/transactionrequests").route(web::post().to(receive_request)));
}

#[derive(OpenApi)]
#[openapi(paths(hear_of_request, find_one_time_password, receive_request))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(id_value: &str, fsp_id: Option<&str>) -> RequestPartyBody {
        let body = serde_json::json!({
            "idType": "MSISDN", "idValue": id_value, "fspId": fsp_id,
        });
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn who_is_asked_is_the_customer_of_this_fsp_wherever_he_is_named() {
        for (from, to, payer) in [
            (Some("bluebank"), Some("here"), "2"),
            (Some("here"), Some("bluebank"), "1"),
            (None, None, "2"),
            (Some("bluebank"), None, "2"),
            (Some("here"), None, "1"),
            (Some("here"), Some("here"), "2"),
        ] {
            let (asked, asking) = payer_and_payee(party("1", from), party("2", to), "here");
            assert_eq!(asked.id_value, payer, "{from:?} {to:?}");
            assert_ne!(asking.id_value, payer, "{from:?} {to:?}");
        }
    }
}
