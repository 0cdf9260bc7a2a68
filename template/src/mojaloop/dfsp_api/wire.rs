//! The shapes of the DFSP API.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{
    currency::Currency,
    error::PaymentError,
    identifier::PartyIdentifier,
    outgoing::{DateAndPlaceOfBirth, OutgoingPayment, OutgoingState, PayeeDetails, PayerDetails},
    transfer_id::TransferId,
};
use crate::mojaloop::{
    http::{optional_text, read_text},
    openapi::words::{
        AmountText, CorrelationId, CurrencyCode, IdTypeName, IdValue, ShortText, TransferStateName,
    },
    payer::KnownPayment,
};

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendMoneyBody {
    #[schema(value_type = Option<ShortText>)]
    pub home_transaction_id: Option<String>,
    #[schema(value_type = Option<IdValue>)]
    pub sub_id: Option<String>,
    #[schema(value_type = IdValue)]
    pub payee_id: String,
    #[schema(value_type = IdTypeName)]
    pub payee_id_type: String,
    // [if payer_steps is one_step]
    /// Not in the official document: the name that the payer knows the payee
    /// by. It has to be the one that the payee's FSP gives.
    #[schema(value_type = Option<ShortText>)]
    pub payee_name: Option<String>,
    // [end]
    #[schema(value_type = AmountText)]
    pub send_amount: String,
    #[schema(value_type = CurrencyCode)]
    pub send_currency: String,
    #[schema(value_type = Option<CurrencyCode>)]
    pub receive_currency: Option<String>,
    #[schema(value_type = Option<ShortText>)]
    pub purpose_code: Option<String>,
    #[schema(value_type = ShortText)]
    pub transaction_type: String,
    pub payer: PayerBody,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MerchantPaymentBody {
    #[schema(value_type = Option<ShortText>)]
    pub home_transaction_id: Option<String>,
    #[schema(value_type = Option<IdValue>)]
    pub sub_id: Option<String>,
    #[schema(value_type = IdValue)]
    pub payee_id: String,
    #[schema(value_type = IdTypeName)]
    pub payee_id_type: String,
    // [if payer_steps is one_step]
    /// Not in the official document: the name that the payer knows the payee
    /// by. It has to be the one that the payee's FSP gives.
    #[schema(value_type = Option<ShortText>)]
    pub payee_name: Option<String>,
    // [end]
    #[schema(value_type = Option<AmountText>)]
    pub receive_amount: Option<String>,
    #[schema(value_type = Option<CurrencyCode>)]
    pub receive_currency: Option<String>,
    #[schema(value_type = CurrencyCode)]
    pub send_currency: String,
    #[schema(value_type = Option<ShortText>)]
    pub purpose_code: Option<String>,
    #[schema(value_type = ShortText)]
    pub transaction_type: String,
    pub payer: PayerBody,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PayerBody {
    #[schema(value_type = ShortText)]
    pub name: String,
    #[schema(value_type = IdValue)]
    pub payer_id: String,
    /// Not in the official document: for a DFSP whose customers are found by
    /// more than one kind of identifier.
    #[schema(value_type = Option<IdTypeName>)]
    pub payer_id_type: Option<String>,
    #[serde(rename = "DateAndPlaceOfBirth")]
    date_and_place_of_birth: Option<BirthBody>,
}

/// Named as in ISO 20022.
#[derive(Deserialize, ToSchema)]
struct BirthBody {
    #[serde(rename = "BirthDt")]
    #[schema(value_type = Option<ShortText>)]
    date: Option<String>,
    #[serde(rename = "PrvcOfBirth")]
    #[schema(value_type = Option<ShortText>)]
    province: Option<String>,
    #[serde(rename = "CityOfBirth")]
    #[schema(value_type = Option<ShortText>)]
    city: Option<String>,
    #[serde(rename = "CtryOfBirth")]
    #[schema(value_type = Option<ShortText>)]
    country: Option<String>,
}

impl PayerBody {
    pub fn details(self) -> Result<PayerDetails, PaymentError> {
        Ok(PayerDetails {
            name: read_text(self.name, "payer.name")?,
            birth: match self.date_and_place_of_birth {
                Some(birth) => birth.complete()?,
                None => None,
            },
        })
    }
}

impl BirthBody {
    /// All four parts in the form that the hub takes, or nothing at all: an
    /// incomplete set makes the hub refuse the payment.
    fn complete(self) -> Result<Option<DateAndPlaceOfBirth>, PaymentError> {
        let [date, province, city, country] = [
            optional_text(self.date, "BirthDt")?,
            optional_text(self.province, "PrvcOfBirth")?,
            optional_text(self.city, "CityOfBirth")?,
            optional_text(self.country, "CtryOfBirth")?,
        ];
        let date = date.as_deref().and_then(read_date);
        let country = country.filter(|code| {
            code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase())
        });
        Ok(match (date, province, city, country) {
            (Some(date), Some(province), Some(city), Some(country)) => Some(DateAndPlaceOfBirth {
                date: date.to_string(),
                province,
                city,
                country,
            }),
            _ => {
                tracing::info!("date and place of birth incomplete, none of it is sent");
                None
            }
        })
    }
}

/// `2001-09-20`, or `20-09-2001` as in the official document's example.
fn read_date(text: &str) -> Option<Date> {
    let day_first = || Date::strptime("%d-%m-%Y", text);
    text.parse().or_else(|_| day_first()).ok()
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OfferAnswer {
    #[schema(value_type = CorrelationId)]
    transaction_id: TransferId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ShortText, required = false)]
    home_transaction_id: Option<String>,
    payee_details: PayeeAnswer,
    #[schema(value_type = AmountText)]
    send_amount: String,
    #[schema(value_type = CurrencyCode)]
    send_currency: Currency,
    #[schema(value_type = AmountText)]
    receive_amount: String,
    #[schema(value_type = CurrencyCode)]
    receive_currency: Currency,
    #[schema(value_type = AmountText)]
    target_fees: String,
    #[schema(value_type = AmountText)]
    source_fees: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PayeeAnswer {
    #[schema(value_type = IdTypeName)]
    id_type: &'static str,
    #[schema(value_type = IdValue)]
    id_value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    fsp_id: Option<String>,
    #[serde(rename = "fspLEI", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    fsp_lei: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    name: Option<String>,
}

impl PayeeAnswer {
    pub fn of(identifier: &PartyIdentifier, payee: PayeeDetails) -> Self {
        Self {
            id_type: identifier.id_type().as_str(),
            id_value: identifier.as_given().to_owned(),
            fsp_id: payee.fsp_id,
            fsp_lei: payee.fsp_lei,
            name: payee.name,
        }
    }
}

impl OfferAnswer {
    /// The offer of a payment that has one.
    pub fn of(payment: OutgoingPayment) -> Option<Self> {
        let offer = payment.offer?;
        let request = payment.request;
        let sent = offer.transfer_amount_of_payer();
        let terms = offer.terms;
        Some(Self {
            transaction_id: payment.transfer_id,
            home_transaction_id: request.home_transaction_id,
            payee_details: PayeeAnswer::of(&request.payee, offer.payee),
            send_amount: sent.to_string(),
            send_currency: sent.currency(),
            receive_amount: terms.payee_receives().to_string(),
            receive_currency: terms.payee_receives().currency(),
            target_fees: terms.payee_charges().fee.to_string(),
            source_fees: offer.payer_fee.to_string(),
        })
    }
}

/// A transfer, in the words of the Mojaloop Connector.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferStatus {
    #[schema(value_type = CorrelationId)]
    transfer_id: TransferId,
    current_state: &'static str,
    fulfil: Fulfil,
}

#[derive(Serialize, ToSchema)]
struct Fulfil {
    body: FulfilBody,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FulfilBody {
    #[schema(value_type = TransferStateName)]
    transfer_state: &'static str,
}

impl From<KnownPayment> for TransferStatus {
    fn from(known: KnownPayment) -> Self {
        let KnownPayment {
            payment,
            needs_decision,
        } = known;
        let (current_state, transfer_state) = match payment.state() {
            // What came of it is not known, and the connector cannot find out.
            state if needs_decision && state != OutgoingState::Committing => {
                ("ERROR_OCCURRED", "RESERVED")
            }
            OutgoingState::Requested => ("WAITING_FOR_PARTY_ACCEPTANCE", "RECEIVED"),
            // [if payer_steps is three_steps]
            OutgoingState::Found | OutgoingState::Confirmed => {
                ("WAITING_FOR_PARTY_ACCEPTANCE", "RECEIVED")
            }
            // [end]
            OutgoingState::Quoted => ("WAITING_FOR_QUOTE_ACCEPTANCE", "RECEIVED"),
            // The money is reserved, and what came of the transfer is not known.
            OutgoingState::Reserving | OutgoingState::Accepting => {
                ("WAITING_FOR_QUOTE_ACCEPTANCE", "RESERVED")
            }
            OutgoingState::Committing | OutgoingState::Completed => ("COMPLETED", "COMMITTED"),
            OutgoingState::Rejecting | OutgoingState::Releasing | OutgoingState::Aborted => {
                ("ERROR_OCCURRED", "ABORTED")
            }
        };
        Self {
            transfer_id: payment.transfer_id,
            current_state,
            fulfil: Fulfil {
                body: FulfilBody { transfer_state },
            },
        }
    }
}

/// Who would be paid, as far as it is known.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub fsp_id: Option<String>,
    #[serde(rename = "fspLEI", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub fsp_lei: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub display_name: Option<String>,
    #[schema(value_type = Vec<CurrencyCode>)]
    pub supported_currencies: Vec<Currency>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountBody {
    #[schema(value_type = IdTypeName)]
    pub id_type: String,
    #[schema(value_type = IdValue)]
    pub id_value: String,
    #[schema(value_type = Option<IdValue>)]
    pub id_sub_value: Option<String>,
    #[schema(value_type = Option<CurrencyCode>)]
    pub currency: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn details(birth: serde_json::Value) -> PayerDetails {
        let body = json!({ "name": "A B", "payerId": "1", "DateAndPlaceOfBirth": birth });
        let body: PayerBody = serde_json::from_value(body).unwrap();
        body.details().unwrap()
    }

    #[test]
    fn a_complete_date_and_place_of_birth_is_sent_in_the_form_of_the_hub() {
        for date in ["2001-09-20", "20-09-2001"] {
            let birth = json!({ "BirthDt": date, "PrvcOfBirth": "Central",
                "CityOfBirth": "Lilongwe", "CtryOfBirth": "MW" });
            let birth = details(birth).birth.unwrap();
            assert_eq!(birth.date, "2001-09-20");
        }
    }

    #[test]
    fn an_incomplete_one_is_not_sent_at_all() {
        let complete = json!({ "BirthDt": "2001-09-20", "PrvcOfBirth": "Central",
            "CityOfBirth": "Lilongwe", "CtryOfBirth": "MW" });
        for part in ["BirthDt", "PrvcOfBirth", "CityOfBirth", "CtryOfBirth"] {
            let mut birth = complete.clone();
            birth.as_object_mut().unwrap().remove(part);
            assert!(details(birth).birth.is_none(), "{part}");
        }
        let mut birth = complete.clone();
        birth["CtryOfBirth"] = json!("Malawi");
        assert!(details(birth).birth.is_none());
    }
}
