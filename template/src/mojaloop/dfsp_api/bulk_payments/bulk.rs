//! `/bulk-payments`: many payments of one customer, asked for and agreed to
//! together. The official document has nothing of the kind.

use actix_web::web::{self, Data, Json, Path};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use crate::{
    domain::{
        bulk_payment::{BulkPaymentItem, BulkPaymentRequest, BulkPaymentState},
        currency::Currency,
        error::PaymentError,
        quote::AmountType,
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    mojaloop::{
        bulk_payer::{Decision, KnownBulkPayment},
        dfsp_api::{
            DfspApi, RequestError,
            wire::{OfferAnswer, PayerBody, TransferStatus},
        },
        http::{
            Present, body_settings_up_to, optional_text, read_amount, read_text, read_transfer_id,
            resource,
        },
        openapi::{
            errors::{Errors, ErrorsOrUnknown},
            words::{
                AmountText, AmountTypeName, CorrelationId, CurrencyCode, IdTypeName, IdValue,
                Moment, ShortText,
            },
        },
        payer::KnownPayment,
    },
};

word!(
    /// How far a bulk has come.
    BulkStateName,
    |text| text.enum_values(Some(
        [
            BulkPaymentState::Requested,
            BulkPaymentState::Quoted,
            BulkPaymentState::Agreed,
            BulkPaymentState::Accepting,
            BulkPaymentState::GivingUp,
            BulkPaymentState::Closed,
        ]
        .map(BulkPaymentState::as_str)
    ))
);

/// A thousand payments.
const MAX_BULK_BYTES: usize = 4 * 1024 * 1024;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkPaymentBody {
    #[schema(value_type = ShortText)]
    home_transaction_id: String,
    payer: PayerBody,
    #[schema(value_type = CurrencyCode)]
    currency: String,
    #[schema(value_type = Option<ShortText>)]
    purpose_code: Option<String>,
    items: Vec<BulkItemBody>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkItemBody {
    #[schema(value_type = IdTypeName)]
    payee_id_type: String,
    #[schema(value_type = IdValue)]
    payee_id: String,
    #[schema(value_type = Option<IdValue>)]
    sub_id: Option<String>,
    #[schema(value_type = AmountText)]
    amount: String,
    #[serde(default = "send")]
    #[schema(value_type = AmountTypeName)]
    amount_type: AmountType,
    #[schema(value_type = Option<ShortText>)]
    note: Option<String>,
}

fn send() -> AmountType {
    AmountType::Send
}

impl BulkPaymentBody {
    fn read(self, api: &DfspApi) -> Result<BulkPaymentRequest, PaymentError> {
        let currency = api.currencies.accept(&self.currency)?;
        let payer_id_type = match &self.payer.payer_id_type {
            Some(id_type) => id_type.as_str(),
            None => api.identifiers.first().present("payerIdType")?.as_str(),
        };
        let payer_id = &self.payer.payer_id;
        let items = self.items.into_iter().map(|item| item.read(api, currency));
        Ok(BulkPaymentRequest {
            home_transaction_id: read_text(self.home_transaction_id, "homeTransactionId")?,
            payer: api.identifiers.of_customer(payer_id_type, payer_id, None)?,
            items: items.collect::<Result<_, _>>()?,
            purpose_code: optional_text(self.purpose_code, "purposeCode")?,
            payer_details: self.payer.details()?,
        })
    }
}

impl BulkItemBody {
    fn read(self, api: &DfspApi, currency: Currency) -> Result<BulkPaymentItem, PaymentError> {
        let sub_id = self.sub_id.as_deref();
        Ok(BulkPaymentItem {
            payee: api
                .identifiers
                .of_anybody(&self.payee_id_type, &self.payee_id, sub_id)?,
            amount_type: self.amount_type,
            amount: read_amount(&self.amount, currency)?,
            note: optional_text(self.note, "note")?,
        })
    }
}

/// A decision on all of the payments, or on each.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", untagged)]
enum BulkDecisionBody {
    #[serde(rename_all = "camelCase")]
    All {
        accept_quotes: bool,
    },
    Each {
        items: Vec<BulkItemDecision>,
    },
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkItemDecision {
    #[schema(value_type = CorrelationId)]
    transfer_id: String,
    accept_quote: bool,
}

impl BulkDecisionBody {
    fn read(self) -> Result<Decision, PaymentError> {
        Ok(match self {
            Self::All { accept_quotes } => Decision::All(accept_quotes),
            Self::Each { items } => {
                let items = items.into_iter().map(|item| {
                    let transfer_id = read_transfer_id(item.transfer_id, "transferId")?;
                    Ok((transfer_id, item.accept_quote))
                });
                Decision::Each(items.collect::<Result<_, PaymentError>>()?)
            }
        })
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkPaymentAnswer {
    #[schema(value_type = CorrelationId)]
    bulk_id: TransferId,
    #[schema(value_type = ShortText)]
    home_transaction_id: String,
    #[schema(value_type = BulkStateName)]
    state: BulkPaymentState,
    /// A person has to decide on the bulk.
    needs_decision: bool,
    #[schema(value_type = Moment)]
    expiration: Timestamp,
    items: Vec<BulkItemAnswer>,
}

/// A payment, with its offer and its error once there is one.
#[derive(Serialize, ToSchema)]
struct BulkItemAnswer {
    #[serde(flatten)]
    status: TransferStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    offer: Option<OfferAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    error: Option<BulkItemError>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkItemError {
    status_code: &'static str,
    message: String,
}

impl From<KnownBulkPayment> for BulkPaymentAnswer {
    fn from(known: KnownBulkPayment) -> Self {
        let items = known.payments.into_iter();
        Self {
            state: known.bulk.state(),
            bulk_id: known.bulk.bulk_id,
            home_transaction_id: known.bulk.request.home_transaction_id,
            needs_decision: known.needs_decision,
            expiration: known.bulk.expires_at,
            items: items.map(BulkItemAnswer::from).collect(),
        }
    }
}

impl From<KnownPayment> for BulkItemAnswer {
    fn from(known: KnownPayment) -> Self {
        let failure = known.payment.failure.as_ref();
        Self {
            error: failure.map(|failure| BulkItemError {
                status_code: failure.code.as_str(),
                message: failure.message().to_owned(),
            }),
            offer: OfferAnswer::of(known.payment.clone()),
            status: known.into(),
        }
    }
}

type Answer = Result<Json<BulkPaymentAnswer>, RequestError>;

/// What would these payments come to?
///
/// A request that is repeated under its `homeTransactionId` is one bulk.
#[utoipa::path(
    post,
    path = "/bulk-payments",
    tag = "bulk",
    operation_id = "request_bulk",
    request_body = BulkPaymentBody,
    responses((status = 200, body = BulkPaymentAnswer, description = "The terms are asked for. Nothing has moved."), Errors),
)]
async fn request(api: Data<DfspApi>, body: Json<BulkPaymentBody>) -> Answer {
    let request = body.into_inner().read(&api)?;
    Ok(Json(api.bulk_payer.request(request).await?.into()))
}

/// What has become of a bulk?
#[utoipa::path(
    get,
    path = "/bulk-payments/{bulkId}",
    tag = "bulk",
    operation_id = "find_bulk",
    params(("bulkId" = CorrelationId, Path)),
    responses((status = 200, body = BulkPaymentAnswer, description = "Each payment, with its offer or its error."), ErrorsOrUnknown),
)]
async fn find(api: Data<DfspApi>, path: Path<String>) -> Answer {
    let bulk_id = read_transfer_id(path.into_inner(), "bulkId")?;
    Ok(Json(api.bulk_payer.find(&bulk_id).await?.into()))
}

/// Agree to payments of a bulk, or decline them
#[utoipa::path(
    put,
    path = "/bulk-payments/{bulkId}",
    tag = "bulk",
    operation_id = "decide_on_bulk",
    params(("bulkId" = CorrelationId, Path)),
    request_body = BulkDecisionBody,
    responses((status = 200, body = BulkPaymentAnswer, description = "The decision is taken."), ErrorsOrUnknown),
)]
async fn decide(api: Data<DfspApi>, path: Path<String>, body: Json<BulkDecisionBody>) -> Answer {
    let bulk_id = read_transfer_id(path.into_inner(), "bulkId")?;
    let decision = body.into_inner().read()?;
    Ok(Json(api.bulk_payer.decide(bulk_id, decision).await?.into()))
}

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/bulk-payments")
                .app_data(body_settings_up_to(MAX_BULK_BYTES))
                .route(web::post().to(request)),
        )
        .service(
            resource("/bulk-payments/{bulkId}")
                .route(web::get().to(find))
                .route(web::put().to(decide)),
        );
}

#[derive(OpenApi)]
#[openapi(paths(request, find, decide))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
