//! The shapes of conversions, as the Mojaloop Connector really uses them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{
        amount::Amount,
        currency::Currency,
        currency_conversion::{
            ConversionOrder, ConversionParties, ConversionQuote, ConversionRequest,
            ConvertedAmounts,
        },
        error::{ErrorCode, PaymentError},
        quote::AmountType,
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    mojaloop::{
        fxp::Ordered,
        http::{malformed, read_amount, read_text, read_transfer_id},
        openapi::words::{
            AmountText, AmountTypeName, CorrelationId, CurrencyCode, Moment, TransferStateName,
        },
    },
};

/// Mojaloop's `FspId` is no longer.
const MAX_FSP_ID_LENGTH: usize = 32;

word!(
    /// The identifier of a participant.
    FspId,
    |text| text.min_length(Some(1)).max_length(Some(MAX_FSP_ID_LENGTH))
);

/// An amount of money. The one that a quote is to work out is "0", or missing.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct FxMoney {
    #[schema(value_type = CurrencyCode)]
    pub currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = AmountText, required = false)]
    pub amount: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversionRequestBody {
    #[schema(value_type = CorrelationId)]
    pub conversion_request_id: String,
    pub conversion_terms: ConversionTermsBody,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversionTermsBody {
    #[schema(value_type = CorrelationId)]
    pub conversion_id: String,
    #[schema(value_type = Option<CorrelationId>)]
    pub determining_transfer_id: Option<String>,
    #[schema(value_type = FspId)]
    pub initiating_fsp: String,
    #[schema(value_type = FspId)]
    pub counter_party_fsp: String,
    #[schema(value_type = AmountTypeName)]
    pub amount_type: AmountType,
    pub source_amount: FxMoney,
    pub target_amount: FxMoney,
    #[schema(value_type = Moment)]
    pub expiration: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversionQuoteAnswer {
    pub conversion_terms: ConversionTermsAnswer,
}

/// The terms that this FXP converts under. What it earns is in the rate, so it
/// states no charges.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversionTermsAnswer {
    #[schema(value_type = CorrelationId)]
    pub conversion_id: TransferId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = CorrelationId, required = false)]
    pub determining_transfer_id: Option<TransferId>,
    #[schema(value_type = FspId)]
    pub initiating_fsp: String,
    #[schema(value_type = FspId)]
    pub counter_party_fsp: String,
    #[schema(value_type = AmountTypeName)]
    pub amount_type: AmountType,
    pub source_amount: FxMoney,
    pub target_amount: FxMoney,
    #[schema(value_type = Moment)]
    pub expiration: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversionOrderBody {
    #[schema(value_type = CorrelationId)]
    pub commit_request_id: String,
    #[schema(value_type = Option<CorrelationId>)]
    pub determining_transfer_id: Option<String>,
    #[schema(value_type = FspId)]
    pub initiating_fsp: String,
    #[schema(value_type = FspId)]
    pub counter_party_fsp: String,
    pub source_amount: FxMoney,
    pub target_amount: FxMoney,
}

/// There is no fulfilment: the payee's FSP has it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversionAnswer {
    pub home_transaction_id: String,
    #[schema(value_type = TransferStateName)]
    pub conversion_state: &'static str,
    #[schema(value_type = Moment)]
    pub completed_timestamp: Timestamp,
}

impl FxMoney {
    fn currency(&self) -> Result<Currency, PaymentError> {
        self.currency.parse().map_err(|_| {
            PaymentError::new(
                ErrorCode::CurrencyRefused,
                "the FXP does not convert between these currencies",
            )
        })
    }

    /// The amount that is known.
    fn known(&self, element: &str) -> Result<Amount, PaymentError> {
        let amount = self.amount.as_deref();
        let amount = amount.ok_or_else(|| malformed(format!("{element} has no amount")))?;
        read_amount(amount, self.currency()?)
    }

    /// The currency of the amount that is not known. What is stated in its
    /// place is nothing.
    fn unknown(&self, element: &str) -> Result<Currency, PaymentError> {
        let currency = self.currency()?;
        let stated = self.amount.as_deref().unwrap_or("0");
        if Amount::parse(stated, currency)?.is_zero() {
            return Ok(currency);
        }
        Err(malformed(format!(
            "{element} is what the FXP works out: its amount is 0"
        )))
    }
}

impl From<Amount> for FxMoney {
    fn from(amount: Amount) -> Self {
        Self {
            currency: amount.currency().code().to_owned(),
            amount: Some(amount.to_string()),
        }
    }
}

fn read_parties(
    conversion_id: (String, &str),
    determining_transfer_id: Option<String>,
    initiating_fsp: String,
    counter_party_fsp: String,
) -> Result<ConversionParties, PaymentError> {
    let (conversion_id, element) = conversion_id;
    let determining = determining_transfer_id;
    Ok(ConversionParties {
        conversion_id: read_transfer_id(conversion_id, element)?,
        determining_transfer_id: determining
            .map(|id| read_transfer_id(id, "determiningTransferId"))
            .transpose()?,
        initiating_fsp: read_fsp_id(initiating_fsp, "initiatingFsp")?,
        counter_party_fsp: read_fsp_id(counter_party_fsp, "counterPartyFsp")?,
    })
}

fn read_fsp_id(text: String, element: &str) -> Result<String, PaymentError> {
    if text.chars().count() > MAX_FSP_ID_LENGTH {
        return Err(malformed(format!(
            "{element} has at most {MAX_FSP_ID_LENGTH} characters"
        )));
    }
    read_text(text, element)
}

impl TryFrom<ConversionRequestBody> for ConversionRequest {
    type Error = PaymentError;

    fn try_from(body: ConversionRequestBody) -> Result<Self, Self::Error> {
        read_transfer_id(body.conversion_request_id, "conversionRequestId")?;
        let terms = body.conversion_terms;
        let (source, target) = (&terms.source_amount, &terms.target_amount);
        let (known, wanted) = match terms.amount_type {
            AmountType::Send => (
                source.known("sourceAmount")?,
                target.unknown("targetAmount")?,
            ),
            AmountType::Receive => (
                target.known("targetAmount")?,
                source.unknown("sourceAmount")?,
            ),
        };
        let expires_at = terms.expiration.parse();
        Ok(Self {
            parties: read_parties(
                (terms.conversion_id, "conversionId"),
                terms.determining_transfer_id,
                terms.initiating_fsp,
                terms.counter_party_fsp,
            )?,
            amount_type: terms.amount_type,
            known,
            wanted,
            expires_at: expires_at.map_err(|error| malformed(format!("expiration: {error}")))?,
        })
    }
}

impl TryFrom<ConversionOrderBody> for ConversionOrder {
    type Error = PaymentError;

    fn try_from(body: ConversionOrderBody) -> Result<Self, Self::Error> {
        Ok(Self {
            amounts: ConvertedAmounts {
                source: body.source_amount.known("sourceAmount")?,
                target: body.target_amount.known("targetAmount")?,
            },
            parties: read_parties(
                (body.commit_request_id, "commitRequestId"),
                body.determining_transfer_id,
                body.initiating_fsp,
                body.counter_party_fsp,
            )?,
        })
    }
}

impl From<ConversionQuote> for ConversionQuoteAnswer {
    fn from(quote: ConversionQuote) -> Self {
        let parties = quote.request.parties;
        Self {
            conversion_terms: ConversionTermsAnswer {
                conversion_id: parties.conversion_id,
                determining_transfer_id: parties.determining_transfer_id,
                initiating_fsp: parties.initiating_fsp,
                counter_party_fsp: parties.counter_party_fsp,
                amount_type: quote.request.amount_type,
                source_amount: quote.amounts.source.into(),
                target_amount: quote.amounts.target.into(),
                expiration: quote.expires_at,
            },
        }
    }
}

impl From<Ordered> for ConversionAnswer {
    fn from(ordered: Ordered) -> Self {
        Self {
            home_transaction_id: ordered.home_transaction_id,
            // Always said: without it, a setting of the Mojaloop Connector decides.
            conversion_state: "RESERVED",
            completed_timestamp: ordered.ordered_at,
        }
    }
}
