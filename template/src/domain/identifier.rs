//! How a party is identified in the scheme.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Mojaloop's longest `PartyIdentifier`.
const MAX_LENGTH: usize = 128;

/// The digits of an E.164 number, at the most.
const MAX_MSISDN_DIGITS: usize = 15;

/// The kinds of identifier that a party can be found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IdType {
    Msisdn,
    AccountId,
    Iban,
    PersonalId,
    Business,
    Email,
    Device,
    Alias,
}

impl IdType {
    pub const ALL: [Self; 8] = [
        Self::Msisdn,
        Self::AccountId,
        Self::Iban,
        Self::PersonalId,
        Self::Business,
        Self::Email,
        Self::Device,
        Self::Alias,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Msisdn => "MSISDN",
            Self::AccountId => "ACCOUNT_ID",
            Self::Iban => "IBAN",
            Self::PersonalId => "PERSONAL_ID",
            Self::Business => "BUSINESS",
            Self::Email => "EMAIL",
            Self::Device => "DEVICE",
            Self::Alias => "ALIAS",
        }
    }
}

impl fmt::Display for IdType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The text is not a kind of identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier type of Mojaloop")]
pub struct UnknownIdType;

impl FromStr for IdType {
    type Err = UnknownIdType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|id_type| id_type.as_str() == text)
            .ok_or(UnknownIdType)
    }
}

/// An identifier of a party: its kind, its value and, for some kinds, a part
/// of it.
///
/// Two forms are kept. `as_given` is echoed to whoever asked; `canonical` is
/// what is compared, stored and sent to the core banking system.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyIdentifier {
    id_type: IdType,
    as_given: String,
    canonical: String,
    sub_value: Option<String>,
}

/// Why a text does not identify a party.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    #[error("an identifier has 1 to {MAX_LENGTH} printable characters")]
    Malformed,
    #[error("an MSISDN has 5 to {MAX_MSISDN_DIGITS} digits after its country's dial code")]
    NotAnMsisdn,
}

impl PartyIdentifier {
    /// Reads an identifier. `dial_code` is the country's, without a plus sign,
    /// and completes an MSISDN in national form (`0...`).
    pub fn parse(
        id_type: IdType,
        value: &str,
        sub_value: Option<&str>,
        dial_code: Option<&str>,
    ) -> Result<Self, IdentifierError> {
        for part in [Some(value), sub_value].into_iter().flatten() {
            let length = part.chars().count();
            let unreadable = |character: char| {
                character.is_control() || character == char::REPLACEMENT_CHARACTER
            };
            // As a segment of a path, a dot or two would lead somewhere else.
            let leads_elsewhere = matches!(part.trim(), "" | "." | "..");
            if length > MAX_LENGTH || leads_elsewhere || part.chars().any(unreadable) {
                return Err(IdentifierError::Malformed);
            }
        }
        let canonical = match id_type {
            IdType::Msisdn => canonical_msisdn(value, dial_code)?,
            _ => value.trim().to_owned(),
        };
        Ok(Self {
            id_type,
            as_given: value.to_owned(),
            canonical,
            sub_value: sub_value.map(str::to_owned),
        })
    }

    pub fn id_type(&self) -> IdType {
        self.id_type
    }

    /// The value as the caller wrote it, for the answer to that caller alone.
    pub fn as_given(&self) -> &str {
        &self.as_given
    }

    /// The one form that is used inside: of an MSISDN, the digits in
    /// international form without a plus sign.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    pub fn sub_value(&self) -> Option<&str> {
        self.sub_value.as_deref()
    }

    /// Whether both name the same party, however they were written.
    pub fn is_same_party(&self, other: &Self) -> bool {
        (self.id_type, &self.canonical, &self.sub_value)
            == (other.id_type, &other.canonical, &other.sub_value)
    }
}

/// Personal data: the value never reaches a log line.
impl fmt::Debug for PartyIdentifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ***", self.id_type)
    }
}

/// `+220 301 2345`, `00220-301-2345`, `0301 2345` and `2203012345` are one number.
fn canonical_msisdn(value: &str, dial_code: Option<&str>) -> Result<String, IdentifierError> {
    let compact: String = value
        .chars()
        .filter(|character| !matches!(character, ' ' | '-' | '.' | '(' | ')'))
        .collect();
    let digits = if let Some(international) = compact.strip_prefix('+') {
        international.to_owned()
    } else if let Some(international) = compact.strip_prefix("00") {
        international.to_owned()
    } else if let (Some(national), Some(dial_code)) = (compact.strip_prefix('0'), dial_code) {
        format!("{dial_code}{national}")
    } else {
        compact
    };
    let plausible = (5..=MAX_MSISDN_DIGITS).contains(&digits.len());
    if !plausible || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(IdentifierError::NotAnMsisdn);
    }
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn msisdn(value: &str) -> Result<PartyIdentifier, IdentifierError> {
        PartyIdentifier::parse(IdType::Msisdn, value, None, Some("220"))
    }

    #[test]
    fn an_msisdn_has_one_canonical_form_and_is_echoed_as_given() {
        for given in [
            "+2203012345",
            "002203012345",
            "03012345",
            "2203012345",
            "+220 301 23 45",
            "(220) 301-2345",
        ] {
            let identifier = msisdn(given).unwrap();
            assert_eq!(identifier.canonical(), "2203012345", "{given}");
            assert_eq!(identifier.as_given(), given);
        }
    }

    #[test]
    fn refuses_what_is_not_a_number() {
        for given in ["", "12", "+12a4567", "1234567890123456", "++220301234"] {
            assert!(msisdn(given).is_err(), "{given}");
        }
    }

    #[test]
    fn refuses_what_cannot_stand_in_a_path() {
        for given in ["", " ", ".", "..", "a\u{FFFD}", "a\nb"] {
            let alias = PartyIdentifier::parse(IdType::Alias, given, None, None);
            assert_eq!(alias, Err(IdentifierError::Malformed), "{given:?}");
            let part = PartyIdentifier::parse(IdType::Alias, "shop", Some(given), None);
            assert_eq!(part, Err(IdentifierError::Malformed), "{given:?}");
        }
    }

    #[test]
    fn an_identifier_is_not_printed() {
        let identifier = msisdn("+2203012345").unwrap();
        assert_eq!(format!("{identifier:?}"), "MSISDN ***");
    }

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        for id_type in IdType::ALL {
            assert_eq!(id_type.as_str().parse(), Ok(id_type));
            assert_eq!(
                serde_json::to_value(id_type).unwrap(),
                serde_json::Value::from(id_type.as_str())
            );
        }
    }
}
