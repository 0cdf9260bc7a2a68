//! The shapes of the outbound API, as the Mojaloop Connector really uses them.
//!
//! What it answers is read leniently: only what is needed, and nothing that is
//! missing is an error before it is needed.

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::QuotedTerms;
use crate::domain::{
    amount::Amount,
    currency::Currency,
    error::{ErrorCode, PaymentError},
    identifier::PartyIdentifier,
    outgoing::{OutgoingPayment, PayeeDetails},
    party::Customer,
    quote::{PayeeCharges, Terms},
    timestamp::Timestamp,
};

/// The longest value of an extension.
const MAX_EXTENSION_LENGTH: usize = 128;

/// Where the other FSP's LEI stands in the description of its customer.
const PAYEE_FSP_LEI: &str = "Rpt.UpdtdPtyAndAcctId.Agt.FinInstnId.LEI";

pub fn transfer_request(payment: &OutgoingPayment, payer: &Customer, fsp_id: &str) -> Value {
    let request = &payment.request;
    let extensions = extensions(payment);
    let home_transaction_id = match &request.home_transaction_id {
        Some(id) => id.as_str(),
        None => payment.transfer_id.as_str(),
    };
    json!({
        "transferId": payment.transfer_id,
        "homeTransactionId": home_transaction_id,
        "from": without_nulls(json!({
            "idType": request.payer.id_type(),
            "idValue": request.payer.canonical(),
            "fspId": fsp_id,
            "displayName": request.payer_details.name,
            "firstName": payer.first_name,
            "middleName": payer.middle_name,
            "lastName": payer.last_name,
            "dateOfBirth": payer.date_of_birth,
            "merchantClassificationCode": payer.merchant_classification_code,
            "supportedCurrencies": [request.amount.currency()],
        })),
        "to": without_nulls(json!({
            "idType": request.payee.id_type(),
            "idValue": request.payee.canonical(),
            "idSubValue": request.payee.sub_value(),
        })),
        "amountType": request.amount_type,
        "currency": request.amount.currency(),
        "amount": request.amount.to_string(),
        "transactionType": request.transaction_type,
        "quoteRequestExtensions": extensions,
        "transferRequestExtensions": extensions,
    })
}

fn without_nulls(mut object: Value) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    object
}

fn extensions(payment: &OutgoingPayment) -> Vec<Value> {
    let details = &payment.request.payer_details;
    let mut pairs = Vec::new();
    if let Some(birth) = &details.birth {
        let place = "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth";
        pairs.push((format!("{place}.BirthDt"), birth.date.as_str()));
        pairs.push((format!("{place}.PrvcOfBirth"), birth.province.as_str()));
        pairs.push((format!("{place}.CityOfBirth"), birth.city.as_str()));
        pairs.push((format!("{place}.CtryOfBirth"), birth.country.as_str()));
    }
    pairs.push(("CdtTrfTxInf.Dbtr.Nm".to_owned(), details.name.as_str()));
    if let Some(purpose_code) = &payment.request.purpose_code {
        pairs.push(("CdtTrfTxInf.Purp.Cd".to_owned(), purpose_code.as_str()));
    }
    pairs
        .into_iter()
        .map(|(key, value)| {
            let value: String = value.chars().take(MAX_EXTENSION_LENGTH).collect();
            json!({ "key": key, "value": value })
        })
        .collect()
}

pub fn accounts_request(accounts: &[(PartyIdentifier, Option<Currency>)]) -> Value {
    let accounts = accounts.iter().map(|(identifier, currency)| {
        without_nulls(json!({
            "idType": identifier.id_type(),
            "idValue": identifier.canonical(),
            "idSubValue": identifier.sub_value(),
            "currency": currency,
        }))
    });
    accounts.collect()
}

/// What is needed of the state that the Mojaloop Connector answers with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferAnswer {
    pub current_state: Option<String>,
    need_fx: Option<bool>,
    to: Option<To>,
    quote_response: Option<Enclosed<QuoteBody>>,
    fulfil: Option<Enclosed<FulfilBody>>,
}

#[derive(Deserialize)]
struct Enclosed<T> {
    body: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct To {
    fsp_id: Option<String>,
    display_name: Option<String>,
    first_name: Option<String>,
    middle_name: Option<String>,
    last_name: Option<String>,
    #[serde(default)]
    extension_list: Vec<Extension>,
}

/// The value of an extension can be a boolean, so it is not typed here.
#[derive(Deserialize)]
struct Extension {
    key: String,
    value: Value,
}

#[derive(Deserialize)]
struct Money {
    amount: String,
    currency: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QuoteBody {
    transfer_amount: Money,
    payee_receive_amount: Option<Money>,
    payee_fsp_fee: Option<Money>,
    payee_fsp_commission: Option<Money>,
    expiration: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FulfilBody {
    transfer_state: Option<String>,
}

impl TransferAnswer {
    pub fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    pub fn is(&self, state: &str) -> bool {
        self.current_state.as_deref() == Some(state)
    }

    pub fn needs_conversion(&self) -> bool {
        self.need_fx == Some(true)
    }

    pub fn fulfilled_state(&self) -> Option<&str> {
        self.fulfil.as_ref()?.body.transfer_state.as_deref()
    }

    /// The terms, if they are about the amount that was asked for and add up.
    pub fn quoted_terms(self, payment: &OutgoingPayment) -> Result<QuotedTerms, PaymentError> {
        let refused = |detail: String| {
            PaymentError::new(
                ErrorCode::QuoteRefused,
                "the payee's FSP offered terms that do not fit the request",
            )
            .with_detail(detail)
        };
        let quote = self
            .quote_response
            .ok_or_else(|| refused("no quoteResponse".to_owned()))?
            .body;
        let asked = payment.request.amount;
        let money = |money: &Money| {
            if money.currency != asked.currency().code() {
                return Err(refused("another currency".to_owned()));
            }
            Amount::parse(&money.amount, asked.currency())
                .map_err(|error| refused(error.to_string()))
        };
        let or_nothing = |optional: &Option<Money>| match optional {
            Some(given) => money(given),
            None => Ok(Amount::zero(asked.currency())),
        };
        let terms = Terms::stated(
            payment.request.amount_type,
            asked,
            money(&quote.transfer_amount)?,
            quote.payee_receive_amount.as_ref().map(money).transpose()?,
            PayeeCharges {
                fee: or_nothing(&quote.payee_fsp_fee)?,
                commission: or_nothing(&quote.payee_fsp_commission)?,
            },
        )
        .map_err(|error| refused(error.to_string()))?;
        Ok(QuotedTerms {
            payee: self.to.map_or_else(nobody, PayeeDetails::from),
            terms,
            expires_at: quote.expiration,
        })
    }
}

fn nobody() -> PayeeDetails {
    PayeeDetails {
        fsp_id: None,
        fsp_lei: None,
        name: None,
    }
}

impl From<To> for PayeeDetails {
    fn from(to: To) -> Self {
        let names = [to.first_name, to.middle_name, to.last_name];
        let names: Vec<_> = names.into_iter().flatten().collect();
        let name = to.display_name.or_else(|| {
            let name = names.join(" ");
            (!name.is_empty()).then_some(name)
        });
        let lei = to
            .extension_list
            .into_iter()
            .find(|extension| extension.key == PAYEE_FSP_LEI);
        Self {
            fsp_id: to.fsp_id,
            fsp_lei: lei.and_then(|lei| lei.value.as_str().map(str::to_owned)),
            name,
        }
    }
}

/// What is needed of an error that the Mojaloop Connector answers with.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorAnswer {
    status_code: Option<String>,
    transfer_state: Option<FailedState>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FailedState {
    last_error: Option<Value>,
    quote_id: Option<String>,
}

impl ErrorAnswer {
    pub fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// The scheme's own error code, if the scheme said no.
    fn scheme_code(&self) -> Option<&str> {
        let last_error = self.transfer_state.as_ref()?.last_error.as_ref()?;
        last_error
            .pointer("/mojaloopError/errorInformation/errorCode")?
            .as_str()
    }

    pub fn is_transfer_not_found(&self) -> bool {
        let not_found = Some(ErrorCode::TransferNotFound.as_str());
        self.status_code.as_deref() == not_found || self.scheme_code() == not_found
    }

    /// An error of a payment for which nothing has been accepted yet.
    pub fn before_acceptance(&self, status: StatusCode) -> PaymentError {
        if let Some(error) = self.as_scheme_error() {
            return error;
        }
        // The scheme answers a failed lookup without a code of its own.
        let looked_up_in_vain = self
            .transfer_state
            .as_ref()
            .is_some_and(|state| state.quote_id.is_none() && state.last_error.is_some());
        let error = if looked_up_in_vain {
            PaymentError::new(ErrorCode::PartyNotFound, "the payee was not found")
        } else if status == StatusCode::GATEWAY_TIMEOUT {
            PaymentError::new(ErrorCode::Timeout, "the scheme did not answer in time")
        } else if status.is_client_error() {
            PaymentError::new(
                ErrorCode::Internal,
                "the Mojaloop Connector does not take the request",
            )
        } else {
            PaymentError::new(
                ErrorCode::ServiceUnavailable,
                "the Mojaloop Connector cannot be used now",
            )
        };
        error.with_detail(format!("HTTP {status}"))
    }

    /// The failure, if it proves that there is no transfer. A gateway timeout
    /// and an error that the scheme did not name leave that open.
    pub fn proven_failure(&self, status: StatusCode) -> Option<PaymentError> {
        if status == StatusCode::GATEWAY_TIMEOUT {
            return None;
        }
        self.as_scheme_error()
    }

    /// An error of the scheme's directory.
    pub fn of_directory(&self, status: StatusCode) -> PaymentError {
        self.as_scheme_error().unwrap_or_else(|| {
            PaymentError::new(
                ErrorCode::ServiceUnavailable,
                "the scheme's directory did not take the change",
            )
            .with_detail(format!("HTTP {status}"))
        })
    }

    fn as_scheme_error(&self) -> Option<PaymentError> {
        let digits = self.scheme_code()?;
        let code = ErrorCode::from_digits(digits).or_else(|| generic_code(digits))?;
        let message = format!("the scheme refused the payment with error {digits}");
        Some(PaymentError::new(code, message))
    }
}

/// The code of the same family, for one that this connector does not use.
fn generic_code(digits: &str) -> Option<ErrorCode> {
    let well_formed = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !well_formed {
        return None;
    }
    Some(match digits.as_bytes().first()? {
        b'3' => ErrorCode::Unsupported,
        b'4' => ErrorCode::PayerRejected,
        b'5' => ErrorCode::PayeeError,
        _ => ErrorCode::Internal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_that_the_scheme_named_proves_a_failure() {
        let named = r#"{"statusCode":"500","transferState":{"lastError":{"httpStatusCode":500,
            "mojaloopError":{"errorInformation":{"errorCode":"5104","errorDescription":"no"}}}}}"#;
        let named = ErrorAnswer::read(named.as_bytes());
        let error = named
            .proven_failure(StatusCode::INTERNAL_SERVER_ERROR)
            .unwrap();
        assert_eq!(error.code, ErrorCode::PayeeError);
        assert!(named.proven_failure(StatusCode::GATEWAY_TIMEOUT).is_none());

        for unnamed in [
            "",
            "not json",
            r#"{"statusCode":"500","message":"socket hang up"}"#,
            r#"{"transferState":{"lastError":"a text"}}"#,
            r#"{"transferState":{"lastError":{"mojaloopError":{"errorInformation":{}}}}}"#,
        ] {
            let unnamed = ErrorAnswer::read(unnamed.as_bytes());
            let proven = unnamed.proven_failure(StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(proven, None);
        }
    }

    #[test]
    fn a_lookup_that_failed_without_a_code_means_that_there_is_no_such_payee() {
        let answer = r#"{"message":"Got an error response resolving party","statusCode":"500",
            "transferState":{"lastError":{"httpStatusCode":500,"mojaloopError":
            {"errorInformation":{"errorDescription":"Unknown error"}}}}}"#;
        let error = ErrorAnswer::read(answer.as_bytes())
            .before_acceptance(StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(error.code, ErrorCode::PartyNotFound);
    }
}
