//! Who a party is, as the scheme knows it.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{
    Answer, MojaloopConnector, not_understood, unusable,
    wire::{ErrorAnswer, name_of},
};
use crate::{
    domain::{
        currency::Currency,
        error::{ErrorCode, PaymentError},
        identifier::PartyIdentifier,
    },
    mojaloop::extensions::Extensions,
};

/// More than a party is ever paid in.
const MAX_CURRENCIES: usize = 32;

const NAMES: [&str; 3] = [
    "/personalInfo/complexName/firstName",
    "/personalInfo/complexName/middleName",
    "/personalInfo/complexName/lastName",
];

/// A party that another FSP has described. Personal data: it is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundParty {
    pub fsp_id: Option<String>,
    /// The legal entity identifier of that FSP.
    pub fsp_lei: Option<String>,
    pub name: Option<String>,
    /// Those of ISO 4217 that it can be paid in, if that FSP says so.
    pub currencies: Vec<Currency>,
}

impl MojaloopConnector {
    /// Asks the scheme who this is. Nothing comes of it but the answer.
    pub async fn find_party(
        &self,
        identifier: &PartyIdentifier,
    ) -> Result<FoundParty, PaymentError> {
        let id_type = identifier.id_type().as_str();
        let mut path = vec!["parties", id_type, identifier.canonical()];
        path.extend(identifier.sub_value());
        let answer = self.send(Method::GET, &path, None).await;
        read(&answer.map_err(unusable)?)
    }
}

fn read(answer: &Answer) -> Result<FoundParty, PaymentError> {
    if answer.status == StatusCode::NOT_FOUND {
        return Err(unknown());
    }
    if answer.status != StatusCode::OK {
        return Err(ErrorAnswer::read(&answer.body).before_acceptance(answer.status));
    }
    let body: Value = serde_json::from_slice(&answer.body).map_err(|_| not_understood())?;
    let told = body.pointer("/party/body").ok_or_else(not_understood)?;
    if told.get("errorInformation").is_some() {
        return Err(unknown());
    }
    // The official document has the party here, the scheme's own message one
    // level deeper.
    let party = told.get("party").unwrap_or(told);
    let text = |pointer| party.pointer(pointer).and_then(Value::as_str);
    let extensions = Extensions::read(party.pointer("/partyIdInfo/extensionList"));
    if party.get("partyIdInfo").is_none() {
        return Err(not_understood());
    }
    Ok(FoundParty {
        fsp_id: text("/partyIdInfo/fspId").map(str::to_owned),
        fsp_lei: extensions.payee().fsp_lei,
        name: name_of(text("/name"), NAMES.map(text)),
        currencies: currencies(party.get("supportedCurrencies")),
    })
}

fn unknown() -> PaymentError {
    PaymentError::new(ErrorCode::PartyNotFound, "the scheme knows no such party")
}

fn currencies(told: Option<&Value>) -> Vec<Currency> {
    let told = told.and_then(Value::as_array).into_iter().flatten();
    let told = told.filter_map(Value::as_str).take(MAX_CURRENCIES);
    told.filter_map(|code| code.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answered(status: StatusCode, body: &Value) -> Result<FoundParty, PaymentError> {
        read(&Answer {
            status,
            body: body.to_string().into_bytes(),
        })
    }

    fn party() -> Value {
        json!({
            "partyIdInfo": {
                "partyIdType": "MSISDN",
                "partyIdentifier": "233207212676",
                "fspId": "greenbank",
                "extensionList": { "extension": [
                    { "key": "Rpt.Vrfctn", "value": true },
                    { "key": "Rpt.UpdtdPtyAndAcctId.Agt.FinInstnId.LEI",
                      "value": "5493001KJTIIGC8Y1R12" },
                ]},
            },
            "name": " ",
            "personalInfo": { "complexName": { "firstName": "Ama", "middleName": "",
                "lastName": "Mensah" } },
            "supportedCurrencies": ["GHS", "ZZZ", 7],
        })
    }

    #[test]
    fn a_party_is_read_at_either_depth() {
        for body in [party(), json!({ "party": party() })] {
            let told = json!({ "party": { "body": body, "headers": {} },
                "currentState": "COMPLETED" });
            let found = answered(StatusCode::OK, &told).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(found.fsp_id.as_deref(), Some("greenbank"));
            assert_eq!(found.fsp_lei.as_deref(), Some("5493001KJTIIGC8Y1R12"));
            assert_eq!(found.name.as_deref(), Some("Ama Mensah"));
            assert_eq!(found.currencies, ["GHS".parse().unwrap()]);
        }
    }

    #[test]
    fn what_is_no_party_is_told_apart() {
        let code = |status, body: &Value| answered(status, body).err().map(|error| error.code);
        let unknown = json!({ "errorInformation": { "errorDescription": "Unknown error" } });
        for (status, body) in [
            (StatusCode::NOT_FOUND, unknown.clone()),
            (StatusCode::NOT_FOUND, json!({})),
            (StatusCode::OK, json!({ "party": { "body": unknown } })),
        ] {
            assert_eq!(code(status, &body), Some(ErrorCode::PartyNotFound));
        }
        for body in [
            json!({}),
            json!({ "party": {} }),
            json!({ "party": { "body": {} } }),
        ] {
            assert_eq!(code(StatusCode::OK, &body), Some(ErrorCode::Internal));
        }
        let timeout = code(StatusCode::GATEWAY_TIMEOUT, &json!({}));
        assert_eq!(timeout, Some(ErrorCode::Timeout));
    }
}
