//! What travels in extension lists: the data of ISO 20022 that Mojaloop's own
//! messages have no element for.
//!
//! Each element is mapped to its key here, and back. Values are told as they are
//! or not at all: one that is longer than Mojaloop allows is left out, since a
//! shortened name is another name. A set that the hub takes only as a whole is
//! told and read as a whole.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::{
    information::{PayeeInformation, PayerInformation, PostalAddress},
    outgoing::DateAndPlaceOfBirth,
};

/// The longest value of an extension.
pub const MAX_EXTENSION_LENGTH: usize = 128;

/// The longest extension list. None of ours comes near it.
pub const MAX_EXTENSIONS: usize = 16;

const PAYER_NAME: &str = "CdtTrfTxInf.Dbtr.Nm";
const PURPOSE_CODE: &str = "CdtTrfTxInf.Purp.Cd";
const BIRTH_DATE: &str = "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth.BirthDt";
const BIRTH_PROVINCE: &str = "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth.PrvcOfBirth";
const BIRTH_CITY: &str = "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth.CityOfBirth";
const BIRTH_COUNTRY: &str = "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth.CtryOfBirth";

const PAYEE_FSP_LEI: &str = "Rpt.UpdtdPtyAndAcctId.Agt.FinInstnId.LEI";
const STREET_NAME: &str = "Rpt.UpdtdPtyAndAcctId.Pty.PstlAdr.StrtNm";
const BUILDING_NUMBER: &str = "Rpt.UpdtdPtyAndAcctId.Pty.PstlAdr.BldgNb";
const POST_CODE: &str = "Rpt.UpdtdPtyAndAcctId.Pty.PstlAdr.PstCd";
const TOWN_NAME: &str = "Rpt.UpdtdPtyAndAcctId.Pty.PstlAdr.TwnNm";
const COUNTRY_SUBDIVISION: &str = "Rpt.UpdtdPtyAndAcctId.Pty.PstlAdr.CtrySubDvsn";
const COUNTRY: &str = "Rpt.UpdtdPtyAndAcctId.Pty.PstlAdr.Ctry";

/// One element of an extension list.
#[derive(Serialize, ToSchema)]
pub struct Extension {
    key: &'static str,
    #[schema(min_length = 1, max_length = 128)]
    value: String,
}

/// What is told of a payer.
pub fn of_payer(payer: &PayerInformation) -> Vec<Extension> {
    let mut told = Vec::new();
    if let Some(birth) = &payer.birth {
        let parts = [
            (BIRTH_DATE, &birth.date),
            (BIRTH_PROVINCE, &birth.province),
            (BIRTH_CITY, &birth.city),
            (BIRTH_COUNTRY, &birth.country),
        ];
        if parts.iter().all(|(_, value)| fits(value)) {
            told.extend(parts.map(|(key, value)| Extension::new(key, value)));
        } else {
            tracing::warn!("a part of a date and place of birth is too long, none of it is told");
        }
    }
    tell(&mut told, PAYER_NAME, payer.name.as_ref());
    tell(&mut told, PURPOSE_CODE, payer.purpose_code.as_ref());
    told
}

/// What is told of a payee.
pub fn of_payee(payee: &PayeeInformation) -> Vec<Extension> {
    let mut told = Vec::new();
    tell(&mut told, PAYEE_FSP_LEI, payee.fsp_lei.as_ref());
    if let Some(address) = &payee.address {
        for (key, value) in [
            (STREET_NAME, &address.street_name),
            (BUILDING_NUMBER, &address.building_number),
            (POST_CODE, &address.post_code),
            (TOWN_NAME, &address.town_name),
            (COUNTRY_SUBDIVISION, &address.country_subdivision),
            (COUNTRY, &address.country),
        ] {
            tell(&mut told, key, value.as_ref());
        }
    }
    told
}

impl Extension {
    fn new(key: &'static str, value: &str) -> Self {
        Self {
            key,
            value: value.to_owned(),
        }
    }
}

fn fits(value: &str) -> bool {
    (1..=MAX_EXTENSION_LENGTH).contains(&value.chars().count())
}

fn tell(told: &mut Vec<Extension>, key: &'static str, value: Option<&String>) {
    match value {
        Some(value) if fits(value) => told.push(Extension::new(key, value)),
        Some(_) => tracing::warn!(key, "a value is empty or too long, it is not told"),
        None => {}
    }
}

/// An extension list that was received. It may hold anything: what is not text,
/// such as the boolean of a verification, is not what is looked for.
#[derive(Clone, Copy)]
pub struct Extensions<'a>(&'a [Value]);

impl<'a> Extensions<'a> {
    /// Reads either of its two forms: an array, or an object that holds it.
    pub fn read(list: Option<&'a Value>) -> Self {
        let list = list.map(|list| list.get("extension").unwrap_or(list));
        Self(list.and_then(Value::as_array).map_or(&[], Vec::as_slice))
    }

    fn text(self, key: &str) -> Option<String> {
        let mut extensions = self.0.iter();
        let found = extensions.find(|one| one.get("key").and_then(Value::as_str) == Some(key))?;
        let value = found.get("value")?.as_str()?;
        fits(value).then(|| value.to_owned())
    }

    /// What was told of a payer.
    pub fn payer(self) -> PayerInformation {
        PayerInformation {
            name: self.text(PAYER_NAME),
            birth: self.birth(),
            purpose_code: self.text(PURPOSE_CODE),
        }
    }

    fn birth(self) -> Option<DateAndPlaceOfBirth> {
        Some(DateAndPlaceOfBirth {
            date: self.text(BIRTH_DATE)?,
            province: self.text(BIRTH_PROVINCE)?,
            city: self.text(BIRTH_CITY)?,
            country: self.text(BIRTH_COUNTRY)?,
        })
    }

    /// What was told of a payee, besides the name, which has an element of its own.
    pub fn payee(self) -> PayeeInformation {
        let address = PostalAddress {
            street_name: self.text(STREET_NAME),
            building_number: self.text(BUILDING_NUMBER),
            post_code: self.text(POST_CODE),
            town_name: self.text(TOWN_NAME),
            country_subdivision: self.text(COUNTRY_SUBDIVISION),
            country: self.text(COUNTRY),
        };
        PayeeInformation {
            name: None,
            address: address.if_known(),
            fsp_lei: self.text(PAYEE_FSP_LEI),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn payer() -> PayerInformation {
        PayerInformation {
            name: Some("Joshua Karame".to_owned()),
            birth: Some(DateAndPlaceOfBirth {
                date: "2001-01-01".to_owned(),
                province: "Central".to_owned(),
                city: "Lilongwe".to_owned(),
                country: "MW".to_owned(),
            }),
            purpose_code: Some("P2P".to_owned()),
        }
    }

    fn payee() -> PayeeInformation {
        let some = |text: &str| Some(text.to_owned());
        PayeeInformation {
            name: None,
            address: Some(PostalAddress {
                street_name: some("Moi Avenue"),
                building_number: some("7"),
                post_code: some("00100"),
                town_name: some("Nairobi"),
                country_subdivision: some("Nairobi County"),
                country: some("KE"),
            }),
            fsp_lei: some("5493001KJTIIGC8Y1R12"),
        }
    }

    fn as_received(told: &[Extension]) -> Value {
        serde_json::to_value(told).unwrap()
    }

    #[test]
    fn what_is_told_is_read_as_it_was_and_fits_into_one_list() {
        let told = as_received(&of_payer(&payer()));
        assert!(Extensions::read(Some(&told)).payer() == payer());
        assert!(told.as_array().unwrap().len() <= MAX_EXTENSIONS);

        let told = as_received(&of_payee(&payee()));
        let nested = json!({ "extension": told });
        assert!(Extensions::read(Some(&nested)).payee() == payee());
        assert!(told.as_array().unwrap().len() <= MAX_EXTENSIONS);
    }

    #[test]
    fn what_is_too_long_is_left_out_and_never_shortened() {
        let mut long = payer();
        long.name = Some("x".repeat(MAX_EXTENSION_LENGTH + 1));
        if let Some(birth) = &mut long.birth {
            birth.city = "x".repeat(MAX_EXTENSION_LENGTH + 1);
        }
        let told = as_received(&of_payer(&long));
        assert_eq!(told, json!([{ "key": PURPOSE_CODE, "value": "P2P" }]));
        let mut longest = payer();
        longest.name = Some("é".repeat(MAX_EXTENSION_LENGTH));
        let told = as_received(&of_payer(&longest));
        assert!(Extensions::read(Some(&told)).payer() == longest);
    }

    #[test]
    fn a_part_of_a_birth_is_none() {
        let whole = as_received(&of_payer(&payer()));
        for index in 0..4 {
            let mut part = whole.clone();
            part.as_array_mut().unwrap().remove(index);
            let read = Extensions::read(Some(&part)).payer();
            assert!(read.birth.is_none());
            assert!(read.name.is_some());
        }
    }

    #[test]
    fn odd_lists_are_read_as_far_as_they_can_be() {
        let odd = json!([
            { "key": "Rpt.Vrfctn", "value": true },
            { "key": TOWN_NAME, "value": 7 },
            { "key": 7 },
            "text",
            null,
            { "key": PAYEE_FSP_LEI, "value": "5493001KJTIIGC8Y1R12" },
        ]);
        let read = Extensions::read(Some(&odd)).payee();
        assert_eq!(read.fsp_lei.as_deref(), Some("5493001KJTIIGC8Y1R12"));
        assert!(read.address.is_none());
        for odd in [json!({}), json!("text"), json!({ "extension": 7 })] {
            assert!(Extensions::read(Some(&odd)).payer() == PayerInformation::default());
        }
        assert!(Extensions::read(None).payer() == PayerInformation::default());
    }
}
