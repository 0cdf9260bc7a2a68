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
    outgoing::{OutgoingPayment, OutgoingRequest, PayeeDetails},
    party::Customer,
    quote::{AmountType, PayeeCharges, Terms},
    timestamp::Timestamp,
};
use crate::mojaloop::extensions::{self, Extensions};

pub fn transfer_request(payment: &OutgoingPayment, payer: &Customer, fsp_id: &str) -> Value {
    let request = &payment.request;
    let extensions = extensions::of_payer(&request.payer_information());
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
            "supportedCurrencies": [request.payer_currency()],
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

pub fn without_nulls(mut object: Value) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    object
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

/// The state that the Mojaloop Connector answers with. Each part is read only
/// when it is needed: an odd one must not hide a final state.
pub struct TransferAnswer(Value);

#[derive(Deserialize)]
pub struct Money {
    pub amount: String,
    pub currency: String,
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

impl TransferAnswer {
    pub fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok().map(Self)
    }

    pub fn current_state(&self) -> Option<&str> {
        self.0.get("currentState")?.as_str()
    }

    /// Not every resource of the Mojaloop Connector names a state here.
    pub fn is_rejected(&self) -> bool {
        let status = self.0.get("status").and_then(Value::as_str);
        self.current_state() == Some("ABORTED")
            || status.is_some_and(|status| status.ends_with("REJECTED"))
    }

    pub fn needs_conversion(&self) -> bool {
        self.0.get("needFx").and_then(Value::as_bool) == Some(true)
    }

    pub fn fulfilled_state(&self) -> Option<&str> {
        self.0.pointer("/fulfil/body/transferState")?.as_str()
    }

    // [if use_cases has conversion]
    /// One part of the state, by its JSON pointer.
    pub fn part(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer)
    }

    // [end]
    /// Whether this amount was transferred, where that is said.
    pub fn prepared(&self, amount: Amount) -> bool {
        let said = |key| self.0.pointer("/prepare/body/amount")?.get(key)?.as_str();
        let is_same = |text| Amount::parse(text, amount.currency()) == Ok(amount);
        said("amount").is_none_or(is_same)
            && said("currency").is_none_or(|code| code == amount.currency().code())
    }

    /// The terms of a payment in one currency.
    pub fn quoted_terms(&self, request: &OutgoingRequest) -> Result<QuotedTerms, PaymentError> {
        let (terms, expires_at) = self.quote(request.amount_type, request.amount)?;
        Ok(QuotedTerms {
            payee: self.payee(),
            terms,
            // [if use_cases has conversion]
            conversion: None,
            // [end]
            expires_at,
        })
    }

    /// The terms of the payee's FSP and their expiry, if they are about the
    /// amount that it was asked for and add up.
    pub fn quote(
        &self,
        amount_type: AmountType,
        asked: Amount,
    ) -> Result<(Terms, Timestamp), PaymentError> {
        let refused = |detail: String| {
            PaymentError::new(
                ErrorCode::QuoteRefused,
                "the payee's FSP offered terms that do not fit the request",
            )
            .with_detail(detail)
        };
        let quote = self.0.pointer("/quoteResponse/body");
        let quote = quote.map(QuoteBody::deserialize);
        let quote = quote
            .and_then(Result::ok)
            .ok_or_else(|| refused("no quoteResponse that is understood".to_owned()))?;
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
            amount_type,
            asked,
            money(&quote.transfer_amount)?,
            quote.payee_receive_amount.as_ref().map(money).transpose()?,
            PayeeCharges {
                fee: or_nothing(&quote.payee_fsp_fee)?,
                commission: or_nothing(&quote.payee_fsp_commission)?,
            },
        )
        .map_err(|error| refused(error.to_string()))?;
        Ok((terms, quote.expiration))
    }

    /// The payee, as far as the scheme has described him.
    pub fn payee(&self) -> PayeeDetails {
        let text = |key| self.0.get("to")?.get(key)?.as_str();
        let names = ["firstName", "middleName", "lastName"].map(text);
        let told = Extensions::read(self.0.pointer("/to/extensionList")).payee();
        PayeeDetails {
            fsp_id: text("fspId").map(str::to_owned),
            fsp_lei: told.fsp_lei,
            address: told.address,
            name: name_of(text("displayName"), names),
        }
    }
}

/// The whole name of a party, or its parts. What is blank is no name.
pub fn name_of<'a>(
    whole: Option<&'a str>,
    parts: impl IntoIterator<Item = Option<&'a str>>,
) -> Option<String> {
    let stated = |name: &&str| !name.trim().is_empty();
    let parts: Vec<_> = parts.into_iter().flatten().filter(stated).collect();
    let parts = Some(parts.join(" ")).filter(|name| !name.is_empty());
    whole.filter(stated).map(str::to_owned).or(parts)
}

/// An error that the Mojaloop Connector answers with.
pub struct ErrorAnswer(Value);

impl ErrorAnswer {
    pub fn read(body: &[u8]) -> Self {
        Self(serde_json::from_slice(body).unwrap_or_default())
    }

    /// The state that holds it is named after the resource.
    fn scheme_error(&self) -> Option<&Value> {
        let mut members = self.0.as_object()?.values();
        members.find_map(|state| state.pointer("/lastError/mojaloopError/errorInformation"))
    }

    /// The scheme's own error code, if the scheme said no.
    fn scheme_code(&self) -> Option<&str> {
        self.scheme_error()?.get("errorCode")?.as_str()
    }

    pub fn is_transfer_not_found(&self) -> bool {
        let not_found = Some(ErrorCode::TransferNotFound.as_str());
        let status_code = self.0.get("statusCode").and_then(Value::as_str);
        status_code == not_found || self.scheme_code() == not_found
    }

    /// An error of a payment for which nothing has been accepted yet.
    pub fn before_acceptance(&self, status: StatusCode) -> PaymentError {
        if let Some(error) = self.as_scheme_error() {
            return error;
        }
        // The scheme answers a failed lookup without a code of its own.
        let has_quote = self.0.pointer("/transferState/quoteId").is_some();
        let looked_up_in_vain = self.scheme_error().is_some() && !has_quote;
        let error = if status == StatusCode::GATEWAY_TIMEOUT {
            PaymentError::new(ErrorCode::Timeout, "the scheme did not answer in time")
        } else if looked_up_in_vain {
            PaymentError::new(ErrorCode::PartyNotFound, "the payee was not found")
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

    /// The failure, if it proves that there is no transfer: a refusal of the
    /// request (3xxx), by the payer's side (4xxx) or the payee's (5xxx). What a
    /// second message about a transfer that is under way brings about (3106,
    /// 3208) proves nothing, nor does an error of communication or of a server,
    /// a gateway timeout, or an error that the scheme did not name.
    pub fn proven_failure(&self, status: StatusCode) -> Option<PaymentError> {
        let code = self.scheme_code()?;
        let refusal = matches!(code.as_bytes(), [b'3' | b'4' | b'5', ..]);
        let of_second_message = matches!(code, "3106" | "3208");
        if status == StatusCode::GATEWAY_TIMEOUT || !refusal || of_second_message {
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
            r#"{"transferState":{"lastError":{"mojaloopError":{"errorInformation":
                {"errorCode":"2001"}}}}}"#,
            r#"{"transferState":{"lastError":{"mojaloopError":{"errorInformation":
                {"errorCode":"3106"}}}}}"#,
            r#"{"transferState":{"lastError":{"mojaloopError":{"errorInformation":
                {"errorCode":"1001"}}}}}"#,
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
        let error = answer_of_timeout().before_acceptance(StatusCode::GATEWAY_TIMEOUT);
        assert!(error.is_transient(), "{error}");
    }

    fn answer_of_timeout() -> ErrorAnswer {
        let answer = r#"{"message":"Timeout resolving party","statusCode":"504",
            "transferState":{"lastError":{"httpStatusCode":504,"mojaloopError":null}}}"#;
        ErrorAnswer::read(answer.as_bytes())
    }
}
