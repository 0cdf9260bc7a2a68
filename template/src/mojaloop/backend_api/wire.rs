//! The shapes of the backend API, as the Mojaloop Connector really uses them.
//!
//! They hold personal data, so none of them can be printed.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::{
    amount::Amount,
    currency::Currency,
    error::{ErrorCode, PaymentError},
    incoming::{IncomingState, IncomingTransfer},
    information::PayerInformation,
    party::Counterparty,
    quote::{AmountType, PayeeCharges, Quote, Terms},
    timestamp::Timestamp,
    transfer_id::{QuoteId, TransferId},
};
use crate::mojaloop::{
    extensions::{Extension, Extensions},
    http::{malformed, optional_text, read_text},
    openapi::words::{
        AmountText, AmountTypeName, CorrelationId, CurrencyCode, IdTypeName, IdValue, Moment,
        ShortText, TransferStateName,
    },
};

/// A customer, as the scheme is told.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartyAnswer {
    #[schema(value_type = IdTypeName)]
    pub id_type: &'static str,
    #[schema(value_type = IdValue)]
    pub id_value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = IdValue, required = false)]
    pub id_sub_value: Option<String>,
    pub fsp_id: String,
    pub display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub middle_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    pub date_of_birth: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, pattern = "^[0-9]{1,4}$")]
    pub merchant_classification_code: Option<String>,
    /// An array: the payer's side decides by it whether to convert.
    #[schema(value_type = [CurrencyCode; 1])]
    pub supported_currencies: [Currency; 1],
    pub extension_list: Vec<Extension>,
}

/// One end of a payment. The official collection writes `IdType` at times.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartyBody {
    #[serde(alias = "IdType")]
    #[schema(value_type = IdTypeName)]
    pub id_type: String,
    #[schema(value_type = IdValue)]
    pub id_value: String,
    #[schema(value_type = Option<IdValue>)]
    pub id_sub_value: Option<String>,
    #[schema(value_type = Option<ShortText>)]
    pub fsp_id: Option<String>,
    #[schema(value_type = Option<ShortText>)]
    display_name: Option<String>,
    first_name: Option<String>,
    middle_name: Option<String>,
    last_name: Option<String>,
}

impl PartyBody {
    /// The name by which the other FSP calls its customer.
    fn name(&self) -> Option<String> {
        let names = [&self.first_name, &self.middle_name, &self.last_name];
        let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
        let name = self.display_name.clone().unwrap_or_else(|| names.join(" "));
        optional_text(Some(name), "from.displayName").ok().flatten()
    }
}

impl TryFrom<PartyBody> for Counterparty {
    type Error = PaymentError;

    fn try_from(body: PartyBody) -> Result<Self, Self::Error> {
        Ok(Self {
            id_type: read_text(body.id_type, "from.idType")?,
            id_value: read_text(body.id_value, "from.idValue")?,
            fsp_id: optional_text(body.fsp_id, "from.fspId")?,
        })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteRequestBody {
    #[schema(value_type = CorrelationId)]
    pub quote_id: String,
    #[schema(value_type = CorrelationId)]
    pub transaction_id: String,
    pub to: PartyBody,
    pub from: PartyBody,
    #[schema(value_type = AmountTypeName)]
    pub amount_type: AmountType,
    #[schema(value_type = AmountText)]
    pub amount: String,
    #[schema(value_type = CurrencyCode)]
    pub currency: String,
    #[schema(value_type = ShortText)]
    pub transaction_type: String,
    /// What is told of the payer, each by its key. Others are ignored.
    #[schema(value_type = Option<Vec<Object>>)]
    extension_list: Option<Value>,
}

impl QuoteRequestBody {
    /// What the payer's FSP tells of the payer.
    pub fn payer_information(&self) -> PayerInformation {
        let told = Extensions::read(self.extension_list.as_ref()).payer();
        PayerInformation {
            name: told.name.or_else(|| self.from.name()),
            ..told
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteAnswer {
    #[schema(value_type = CorrelationId)]
    quote_id: QuoteId,
    #[schema(value_type = CorrelationId)]
    transaction_id: TransferId,
    #[schema(value_type = AmountText)]
    transfer_amount: String,
    #[schema(value_type = CurrencyCode)]
    transfer_amount_currency: Currency,
    #[schema(value_type = AmountText)]
    payee_receive_amount: String,
    #[schema(value_type = CurrencyCode)]
    payee_receive_amount_currency: Currency,
    #[schema(value_type = AmountText)]
    payee_fsp_fee_amount: String,
    #[schema(value_type = CurrencyCode)]
    payee_fsp_fee_amount_currency: Currency,
    #[schema(value_type = AmountText)]
    payee_fsp_commission_amount: String,
    #[schema(value_type = CurrencyCode)]
    payee_fsp_commission_amount_currency: Currency,
    #[schema(value_type = Moment)]
    expiration: Timestamp,
}

impl From<Quote> for QuoteAnswer {
    fn from(quote: Quote) -> Self {
        let terms = quote.terms;
        let charges = terms.payee_charges();
        let currency = terms.transfer_amount().currency();
        Self {
            quote_id: quote.request.quote_id,
            transaction_id: quote.request.transaction_id,
            transfer_amount: terms.transfer_amount().to_string(),
            transfer_amount_currency: currency,
            payee_receive_amount: terms.payee_receives().to_string(),
            payee_receive_amount_currency: currency,
            payee_fsp_fee_amount: charges.fee.to_string(),
            payee_fsp_fee_amount_currency: currency,
            payee_fsp_commission_amount: charges.commission.to_string(),
            payee_fsp_commission_amount_currency: currency,
            expiration: quote.expires_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferRequestBody {
    #[schema(value_type = CorrelationId)]
    pub transfer_id: String,
    pub quote: QuoteCopy,
    pub from: PartyBody,
    pub to: PartyBody,
    #[schema(value_type = AmountTypeName)]
    pub amount_type: AmountType,
    #[schema(value_type = AmountText)]
    pub amount: String,
    #[schema(value_type = CurrencyCode)]
    pub currency: String,
    #[schema(value_type = ShortText)]
    pub transaction_type: String,
}

/// The quote as the request repeats it. Its currencies are not compared with
/// the transfer's: the official collection has them differ.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteCopy {
    #[schema(value_type = Option<CorrelationId>)]
    pub quote_id: Option<String>,
    #[schema(value_type = AmountText)]
    transfer_amount: String,
    #[schema(value_type = Option<AmountText>)]
    payee_receive_amount: Option<String>,
    #[schema(value_type = Option<AmountText>)]
    payee_fsp_fee_amount: Option<String>,
    #[schema(value_type = Option<AmountText>)]
    payee_fsp_commission_amount: Option<String>,
}

impl QuoteCopy {
    /// The terms that the copy states, if they add up.
    pub fn terms(&self, amount_type: AmountType, amount: Amount) -> Result<Terms, PaymentError> {
        let currency = amount.currency();
        let or_nothing = |text: &Option<String>| match text {
            Some(text) => Amount::parse(text, currency),
            None => Ok(Amount::zero(currency)),
        };
        let payee_receives = self
            .payee_receive_amount
            .as_ref()
            .map(|text| Amount::parse(text, currency))
            .transpose()?;
        Terms::stated(
            amount_type,
            amount,
            Amount::parse(&self.transfer_amount, currency)?,
            payee_receives,
            PayeeCharges {
                fee: or_nothing(&self.payee_fsp_fee_amount)?,
                commission: or_nothing(&self.payee_fsp_commission_amount)?,
            },
        )
        .map_err(|error| PaymentError::new(ErrorCode::QuoteRefused, error.to_string()))
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferAnswer {
    pub home_transaction_id: String,
    #[schema(value_type = TransferStateName)]
    pub transfer_state: &'static str,
}

/// A transfer, as the hub is told when it asks.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferDetails {
    home_transaction_id: String,
    from: PartyDetails,
    to: PartyDetails,
    #[schema(value_type = AmountTypeName)]
    amount_type: AmountType,
    #[schema(value_type = AmountText)]
    amount: String,
    #[schema(value_type = CurrencyCode)]
    currency: Currency,
    transaction_type: String,
    #[schema(value_type = TransferStateName)]
    transfer_state: &'static str,
    #[schema(value_type = Moment)]
    timestamp: Timestamp,
    #[schema(value_type = Vec<Extension>)]
    extensions: [Extension; 0],
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PartyDetails {
    id_type: String,
    #[schema(value_type = IdValue)]
    id_value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = IdValue, required = false)]
    id_sub_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    fsp_id: Option<String>,
}

impl TransferDetails {
    pub fn new(transfer: IncomingTransfer, home_transaction_id: String, fsp_id: &str) -> Self {
        let transfer_state = transfer_state(transfer.state());
        let request = transfer.request;
        let terms = transfer.terms;
        Self {
            home_transaction_id,
            from: PartyDetails {
                id_type: request.payer.id_type,
                id_value: request.payer.id_value,
                id_sub_value: None,
                fsp_id: request.payer.fsp_id,
            },
            to: PartyDetails {
                id_type: request.payee.id_type().as_str().to_owned(),
                id_value: request.payee.as_given().to_owned(),
                id_sub_value: request.payee.sub_value().map(str::to_owned),
                fsp_id: Some(fsp_id.to_owned()),
            },
            amount_type: terms.amount_type(),
            amount: terms.amount().to_string(),
            currency: terms.amount().currency(),
            transaction_type: request.transaction_type,
            transfer_state,
            timestamp: transfer.promise.state_since,
            extensions: [],
        }
    }
}

/// The state of a transfer, in the words of the scheme.
pub fn transfer_state(state: IncomingState) -> &'static str {
    match state {
        IncomingState::Reserving => "RECEIVED",
        IncomingState::Reserved => "RESERVED",
        IncomingState::Committing | IncomingState::Committed => "COMMITTED",
        IncomingState::Releasing | IncomingState::Aborted | IncomingState::Refused => "ABORTED",
    }
}

pub fn read_quote_id(text: String) -> Result<QuoteId, PaymentError> {
    QuoteId::try_from(text).map_err(|error| malformed(format!("quoteId: {error}")))
}
