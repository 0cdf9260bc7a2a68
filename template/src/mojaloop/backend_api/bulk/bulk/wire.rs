//! The shapes of a bulk. They hold personal data, so none of them can be printed.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::distinct::Distinct;
use crate::{
    domain::{
        bulk::{Asked, BulkQuote, BulkQuoteRequest, BulkTransferItem, BulkTransferRequest},
        error::PaymentError,
        party::Counterparty,
        quote::{AmountType, QuoteRequest},
        timestamp::Timestamp,
        transfer_id::{QuoteId, TransferId},
    },
    mojaloop::{
        backend_api::{
            BackendApi, quoterequests,
            wire::{PartyBody, QuoteAnswer, QuoteRequestBody, read_quote_id, transfer_state},
        },
        bulk_payee::{ItemState, KnownBulkTransfer},
        http::{Present, read_amount, read_text, read_transfer_id, unreadable_element},
        openapi::words::{
            AmountText, AmountTypeName, CorrelationId, CurrencyCode, Moment, ShortText,
            TransferStateName,
        },
    },
};

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkQuoteBody {
    #[schema(value_type = CorrelationId)]
    bulk_quote_id: String,
    #[schema(value_type = PartyBody)]
    from: Distinct,
    individual_quotes: Vec<IndividualQuote>,
}

/// One of them: a quote request without its payer, who is the same for all.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IndividualQuote {
    quote_id: String,
    #[serde(flatten)]
    rest: Distinct,
}

impl PartialSchema for IndividualQuote {
    fn schema() -> RefOr<Schema> {
        let mut schema = QuoteRequestBody::schema();
        if let RefOr::T(Schema::Object(request)) = &mut schema {
            request.properties.remove("from");
            request.required.retain(|element| element != "from");
            request.description = Some("A quote request without its payer.".to_owned());
        }
        schema
    }
}

impl ToSchema for IndividualQuote {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        QuoteRequestBody::schemas(schemas);
    }
}

impl BulkQuoteBody {
    pub fn read(self, api: &BackendApi) -> Result<BulkQuoteRequest, PaymentError> {
        let Distinct(from) = self.from;
        let payer = PartyBody::deserialize(&from).map_err(|error| unreadable_element(&error))?;
        Counterparty::try_from(payer)?;
        let items = self.individual_quotes.into_iter().map(|item| {
            let id = read_quote_id(item.quote_id)?;
            let request = read_quote_request(api, &id, &from, item.rest.0);
            Ok(Asked { id, request })
        });
        Ok(BulkQuoteRequest {
            bulk_quote_id: read_transfer_id(self.bulk_quote_id, "bulkQuoteId")?,
            items: items.collect::<Result<_, PaymentError>>()?,
        })
    }
}

/// Reads an item as `POST /quoterequests` reads its body.
fn read_quote_request(
    api: &BackendApi,
    id: &QuoteId,
    from: &Value,
    mut item: Value,
) -> Result<QuoteRequest, PaymentError> {
    item["quoteId"] = Value::from(id.as_str());
    item["from"] = from.clone();
    let body = QuoteRequestBody::deserialize(item);
    quoterequests::read(api, body.map_err(|error| unreadable_element(&error))?)
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkQuoteAnswer {
    #[schema(value_type = CorrelationId)]
    bulk_quote_id: TransferId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Moment, required = false)]
    expiration: Option<Timestamp>,
    individual_quote_results: Vec<IndividualQuoteResult>,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum IndividualQuoteResult {
    Given(Box<QuoteAnswer>),
    #[serde(rename_all = "camelCase")]
    Failed {
        #[schema(value_type = CorrelationId)]
        quote_id: QuoteId,
        error_response: ErrorResponse,
    },
}

/// An error of one item. Unlike that of a request it has these two elements alone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ErrorResponse {
    status_code: &'static str,
    message: String,
}

impl From<PaymentError> for ErrorResponse {
    fn from(error: PaymentError) -> Self {
        Self {
            status_code: error.code.as_str(),
            message: error.message().to_owned(),
        }
    }
}

impl From<BulkQuote> for BulkQuoteAnswer {
    fn from(bulk: BulkQuote) -> Self {
        let expiration = bulk.expires_at();
        let results = bulk.request.items.into_iter().zip(bulk.results);
        Self {
            bulk_quote_id: bulk.request.bulk_quote_id,
            expiration,
            individual_quote_results: results
                .map(|(item, result)| match result {
                    Ok(quote) => IndividualQuoteResult::Given(Box::new(quote.into())),
                    Err(error) => IndividualQuoteResult::Failed {
                        quote_id: item.id,
                        error_response: error.into(),
                    },
                })
                .collect(),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkTransferBody {
    #[schema(value_type = CorrelationId)]
    bulk_transfer_id: String,
    /// The answer to the bulk quote. The official document has one name for it
    /// and the Mojaloop Connector another; without its cache it sends none.
    #[serde(alias = "bulkQuotes")]
    bulk_quote: Option<BulkQuoteCopy>,
    individual_transfers: Vec<IndividualTransfer>,
}

/// Only its identifier counts: the quotes are those that this connector kept.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkQuoteCopy {
    #[schema(value_type = Option<CorrelationId>)]
    bulk_quote_id: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IndividualTransfer {
    #[schema(value_type = CorrelationId)]
    transfer_id: String,
    to: Option<PartyBody>,
    #[schema(value_type = AmountText)]
    amount: String,
    #[schema(value_type = CurrencyCode)]
    currency: String,
    #[schema(value_type = Option<AmountTypeName>)]
    amount_type: Option<AmountType>,
    #[schema(value_type = Option<ShortText>)]
    transaction_type: Option<String>,
}

impl BulkTransferBody {
    pub fn read(self, api: &BackendApi) -> Result<BulkTransferRequest, PaymentError> {
        let items = self.individual_transfers.into_iter().map(|item| {
            Ok(Asked {
                id: read_transfer_id(item.transfer_id.clone(), "transferId")?,
                request: item.read(api),
            })
        });
        let bulk_quote_id = self.bulk_quote.and_then(|copy| copy.bulk_quote_id);
        let bulk_quote_id = bulk_quote_id.map(|id| read_transfer_id(id, "bulkQuoteId"));
        Ok(BulkTransferRequest {
            bulk_transfer_id: read_transfer_id(self.bulk_transfer_id, "bulkTransferId")?,
            bulk_quote_id: bulk_quote_id.transpose()?,
            items: items.collect::<Result<_, PaymentError>>()?,
        })
    }
}

impl IndividualTransfer {
    fn read(self, api: &BackendApi) -> Result<BulkTransferItem, PaymentError> {
        let currency = api.currencies.accept(&self.currency)?;
        let to = self.to.present("to")?;
        let transaction_type = match self.transaction_type {
            Some(text) => read_text(text, "transactionType")?,
            None => "TRANSFER".to_owned(),
        };
        Ok(BulkTransferItem {
            payee: api.identifiers.of_customer(
                &to.id_type,
                &to.id_value,
                to.id_sub_value.as_deref(),
            )?,
            amount: read_amount(&self.amount, currency)?,
            amount_type: self.amount_type,
            transaction_type,
        })
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkTransferAnswer {
    #[schema(value_type = CorrelationId)]
    bulk_transfer_id: TransferId,
    /// The bulk has no booking of its own in the core banking system.
    #[schema(value_type = CorrelationId)]
    home_transaction_id: TransferId,
    individual_transfer_results: Vec<IndividualTransferResult>,
}

/// The state is not in the official document, which allows for more than it has.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IndividualTransferResult {
    #[schema(value_type = CorrelationId)]
    transfer_id: TransferId,
    #[schema(value_type = TransferStateName)]
    transfer_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_response: Option<ErrorResponse>,
}

impl From<KnownBulkTransfer> for BulkTransferAnswer {
    fn from(bulk: KnownBulkTransfer) -> Self {
        let items = bulk.items.into_iter();
        Self {
            home_transaction_id: bulk.bulk_transfer_id.clone(),
            bulk_transfer_id: bulk.bulk_transfer_id,
            individual_transfer_results: items.map(IndividualTransferResult::from).collect(),
        }
    }
}

impl From<ItemState> for IndividualTransferResult {
    fn from(item: ItemState) -> Self {
        Self {
            transfer_id: item.transfer_id,
            transfer_state: match (item.state, &item.failure) {
                (None, Some(_)) => "ABORTED",
                (None, None) => "RECEIVED",
                (Some(state), _) => transfer_state(state),
            },
            error_response: item.failure.map(ErrorResponse::from),
        }
    }
}
