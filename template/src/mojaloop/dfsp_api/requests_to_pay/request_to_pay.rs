//! `/request-to-pay`: a customer asks for money. `/transactionrequests`: a
//! customer is asked for it, and decides. Neither is in the official document.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    web::{self, Data, Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, OpenApi, PartialSchema, ToSchema,
    openapi::{OneOfBuilder, Ref, RefOr, Schema},
};

use crate::{
    domain::{
        currency::Currency,
        error::PaymentError,
        received_request::{ReceivedRequest, ReceivedRequestState},
        sent_request::{PaymentWish, SentRequest, SentRequestState},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    mojaloop::{
        dfsp_api::{
            DfspApi, RequestError,
            payments::{self, BegunAnswer},
        },
        http::{Present, malformed, read_amount, read_text, read_transfer_id, resource},
        openapi::{
            errors::{Errors, ErrorsOrUnknown},
            words::{
                AmountText, CorrelationId, CurrencyCode, IdTypeName, IdValue, Moment, ShortText,
            },
        },
    },
};

word!(
    /// Where a request that a customer has made stands.
    SentRequestStateName,
    |text| text.enum_values(Some([
        "UNKNOWN", "UNSENT", "RECEIVED", "PENDING", "ACCEPTED", "REJECTED", "FAILED", "EXPIRED"
    ]))
);
word!(
    /// Where a request that a customer has to decide on stands.
    ReceivedRequestStateName,
    |text| text.enum_values(Some(["RECEIVED", "ACCEPTED", "REJECTED", "EXPIRED"]))
);

/// What a customer asks for.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RequestToPayBody {
    #[schema(value_type = ShortText)]
    home_transaction_id: String,
    #[schema(value_type = IdValue)]
    payee_id: String,
    #[schema(value_type = Option<IdTypeName>)]
    payee_id_type: Option<String>,
    #[schema(value_type = IdValue)]
    payer_id: String,
    #[schema(value_type = IdTypeName)]
    payer_id_type: String,
    #[schema(value_type = Option<IdValue>)]
    payer_sub_id: Option<String>,
    #[schema(value_type = AmountText)]
    amount: String,
    #[schema(value_type = CurrencyCode)]
    currency: String,
    #[schema(value_type = ShortText)]
    transaction_type: String,
    /// The payer is to show a one-time password.
    #[schema(pattern = "^OTP$")]
    authentication_type: Option<String>,
}

/// A request that a customer has made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SentRequestAnswer {
    #[schema(value_type = CorrelationId)]
    transaction_request_id: TransferId,
    #[schema(value_type = ShortText)]
    home_transaction_id: String,
    #[schema(value_type = SentRequestStateName)]
    state: &'static str,
    #[schema(value_type = AmountText)]
    amount: String,
    #[schema(value_type = CurrencyCode)]
    currency: Currency,
    #[schema(value_type = Moment)]
    expiration: Timestamp,
}

impl From<SentRequest> for SentRequestAnswer {
    fn from(request: SentRequest) -> Self {
        let state = match request.state() {
            SentRequestState::Requesting => "UNKNOWN",
            SentRequestState::Unsent => "UNSENT",
            SentRequestState::Received => "RECEIVED",
            SentRequestState::Pending => "PENDING",
            SentRequestState::Accepted => "ACCEPTED",
            SentRequestState::Rejected => "REJECTED",
            SentRequestState::Failed => "FAILED",
            SentRequestState::Expired => "EXPIRED",
        };
        Self {
            transaction_request_id: request.transaction_request_id,
            home_transaction_id: request.wish.home_transaction_id,
            state,
            amount: request.wish.amount.to_string(),
            currency: request.wish.amount.currency(),
            expiration: request.expires_at,
        }
    }
}

/// A request that a customer has to decide on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReceivedRequestAnswer {
    #[schema(value_type = CorrelationId)]
    transaction_request_id: TransferId,
    /// Of the payment, if there is one: `GET /transfers` says how far it is.
    #[schema(value_type = CorrelationId)]
    transfer_id: TransferId,
    #[schema(value_type = ReceivedRequestStateName)]
    state: &'static str,
    payer: RequestPartyAnswer,
    payee: RequestPartyAnswer,
    #[schema(value_type = AmountText)]
    amount: String,
    #[schema(value_type = CurrencyCode)]
    currency: Currency,
    #[schema(value_type = ShortText)]
    transaction_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ShortText, required = false)]
    note: Option<String>,
    #[schema(value_type = Moment)]
    expiration: Timestamp,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RequestPartyAnswer {
    #[schema(value_type = IdTypeName)]
    id_type: &'static str,
    #[schema(value_type = IdValue)]
    id_value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = IdValue, required = false)]
    id_sub_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ShortText, required = false)]
    fsp_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ShortText, required = false)]
    name: Option<String>,
}

impl From<ReceivedRequest> for ReceivedRequestAnswer {
    fn from(request: ReceivedRequest) -> Self {
        let state = match request.state() {
            ReceivedRequestState::Received => "RECEIVED",
            ReceivedRequestState::Accepted => "ACCEPTED",
            ReceivedRequestState::Rejecting | ReceivedRequestState::Rejected => "REJECTED",
            ReceivedRequestState::Expired => "EXPIRED",
        };
        let demand = request.demand;
        let payee = demand.payee;
        Self {
            transaction_request_id: demand.transaction_request_id,
            transfer_id: request.transaction_id,
            state,
            payer: RequestPartyAnswer {
                id_type: demand.payer.id_type().as_str(),
                id_value: demand.payer.as_given().to_owned(),
                id_sub_value: demand.payer.sub_value().map(str::to_owned),
                fsp_id: None,
                name: None,
            },
            payee: RequestPartyAnswer {
                id_type: payee.identifier.id_type().as_str(),
                id_value: payee.identifier.as_given().to_owned(),
                id_sub_value: payee.identifier.sub_value().map(str::to_owned),
                fsp_id: payee.fsp_id,
                name: payee.name,
            },
            amount: demand.amount.to_string(),
            currency: demand.amount.currency(),
            transaction_type: demand.transaction_type,
            note: demand.note,
            expiration: request.expires_at,
        }
    }
}

/// Whose requests are listed; everybody's, if nothing is said.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct OfCustomer {
    #[param(value_type = Option<IdTypeName>)]
    id_type: Option<String>,
    #[param(value_type = Option<IdValue>)]
    id_value: Option<String>,
}

/// What the customer decides.
#[derive(Deserialize, ToSchema)]
struct RequestDecision {
    accept: bool,
}

/// The payment that a yes begins, or the request that a no ends.
struct RequestDecisionAnswer;

impl PartialSchema for RequestDecisionAnswer {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(Ref::from_schema_name(BegunAnswer::name()))
            .item(Ref::from_schema_name(ReceivedRequestAnswer::name()))
            .into()
    }
}

impl ToSchema for RequestDecisionAnswer {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((BegunAnswer::name().into(), BegunAnswer::schema()));
        BegunAnswer::schemas(schemas);
        schemas.push((
            ReceivedRequestAnswer::name().into(),
            ReceivedRequestAnswer::schema(),
        ));
        ReceivedRequestAnswer::schemas(schemas);
    }
}

/// A customer asks somebody for money
///
/// A request that is repeated under its `homeTransactionId` is one request.
#[utoipa::path(
    post,
    path = "/request-to-pay",
    tag = "requests to pay",
    request_body = RequestToPayBody,
    responses((status = 200, body = SentRequestAnswer, description = "The request, and how far it has come."), Errors),
)]
async fn ask(
    api: Data<DfspApi>,
    body: Json<RequestToPayBody>,
) -> Result<Json<SentRequestAnswer>, RequestError> {
    let wish = read_wish(&api, body.into_inner())?;
    Ok(Json(api.sent_requests.ask(wish).await?.into()))
}

fn read_wish(api: &DfspApi, body: RequestToPayBody) -> Result<PaymentWish, PaymentError> {
    let currency = api.currencies.accept(&body.currency)?;
    let payee_id_type = match &body.payee_id_type {
        Some(id_type) => id_type.as_str(),
        None => api.identifiers.first().present("payeeIdType")?.as_str(),
    };
    let identifiers = &api.identifiers;
    let payer_sub_id = body.payer_sub_id.as_deref();
    Ok(PaymentWish {
        home_transaction_id: read_text(body.home_transaction_id, "homeTransactionId")?,
        payee: identifiers.of_customer(payee_id_type, &body.payee_id, None)?,
        payer: identifiers.of_anybody(&body.payer_id_type, &body.payer_id, payer_sub_id)?,
        amount: read_amount(&body.amount, currency)?,
        transaction_type: read_text(body.transaction_type, "transactionType")?,
        with_one_time_password: match body.authentication_type.as_deref() {
            None => false,
            Some("OTP") => true,
            Some(_) => return Err(malformed("authenticationType is OTP, or nothing")),
        },
    })
}

/// How far has a request come that a customer has made?
#[utoipa::path(
    get,
    path = "/request-to-pay/{transactionRequestId}",
    tag = "requests to pay",
    params(("transactionRequestId" = CorrelationId, Path)),
    responses((status = 200, body = SentRequestAnswer, description = "The request."), ErrorsOrUnknown),
)]
async fn find_sent(
    api: Data<DfspApi>,
    path: Path<String>,
) -> Result<Json<SentRequestAnswer>, RequestError> {
    let id = read_transfer_id(path.into_inner(), "transactionRequestId")?;
    Ok(Json(api.sent_requests.find(&id).await?.into()))
}

/// The requests that a customer, or anybody, has to decide on
#[utoipa::path(
    get,
    path = "/transactionrequests",
    tag = "requests to pay",
    params(OfCustomer),
    responses((status = 200, body = [ReceivedRequestAnswer], description = "The requests."), Errors),
)]
async fn list_undecided(
    api: Data<DfspApi>,
    http_request: HttpRequest,
) -> Result<Json<Vec<ReceivedRequestAnswer>>, RequestError> {
    let of = Query::<OfCustomer>::from_query(http_request.query_string());
    let of = of.map_err(|_| malformed("the query is malformed"))?;
    let payer = match (&of.id_type, &of.id_value) {
        (None, None) => None,
        (id_type, id_value) => {
            let id_type = id_type.as_deref().present("idType")?;
            let id_value = id_value.as_deref().present("idValue")?;
            Some(api.identifiers.of_customer(id_type, id_value, None)?)
        }
    };
    let undecided = api.received_requests.undecided(payer.as_ref()).await?;
    Ok(Json(undecided.into_iter().map(Into::into).collect()))
}

/// A request that a customer has received
#[utoipa::path(
    get,
    path = "/transactionrequests/{transactionRequestId}",
    tag = "requests to pay",
    params(("transactionRequestId" = CorrelationId, Path)),
    responses((status = 200, body = ReceivedRequestAnswer, description = "The request."), ErrorsOrUnknown),
)]
async fn find_received(
    api: Data<DfspApi>,
    path: Path<String>,
) -> Result<Json<ReceivedRequestAnswer>, RequestError> {
    let id = read_transfer_id(path.into_inner(), "transactionRequestId")?;
    Ok(Json(api.received_requests.find(&id).await?.into()))
}

/// The customer's decision on a request
///
/// A yes begins a payment, and is answered like every other that is begun.
#[utoipa::path(
    put,
    path = "/transactionrequests/{transactionRequestId}",
    tag = "requests to pay",
    params(("transactionRequestId" = CorrelationId, Path)),
    request_body = RequestDecision,
    responses((status = 200, body = RequestDecisionAnswer, description = "What follows from it."), ErrorsOrUnknown),
)]
async fn decide(
    api: Data<DfspApi>,
    path: Path<String>,
    body: Json<RequestDecision>,
    http_request: HttpRequest,
) -> actix_web::Result<HttpResponse> {
    let id = read_transfer_id(path.into_inner(), "transactionRequestId").map_err(RequestError)?;
    if body.accept {
        let accepted = api.received_requests.accept(id).await;
        let begun = payments::begin(&api, accepted.map_err(RequestError)?).await?;
        return Ok(begun.respond_to(&http_request).map_into_boxed_body());
    }
    let rejected = api.received_requests.reject(id).await;
    let answer = ReceivedRequestAnswer::from(rejected.map_err(RequestError)?);
    Ok(HttpResponse::Ok().json(answer))
}

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/request-to-pay").route(web::post().to(ask)))
        .service(resource("/request-to-pay/{transactionRequestId}").route(web::get().to(find_sent)))
        .service(resource("/transactionrequests").route(web::get().to(list_undecided)))
        .service(
            resource("/transactionrequests/{transactionRequestId}")
                .route(web::get().to(find_received))
                .route(web::put().to(decide)),
        );
}

#[derive(OpenApi)]
#[openapi(paths(ask, find_sent, list_undecided, find_received, decide))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
