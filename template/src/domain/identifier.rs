//! How a party is identified in the scheme.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::error::{ErrorCode, PaymentError};

/// Mojaloop's longest `PartyIdentifier`.
const MAX_LENGTH: usize = 128;

/// The digits of an E.164 number, at the most.
const MAX_MSISDN_DIGITS: usize = 15;

/// The shortest IBAN that a country has, and the longest that ISO 13616 allows.
const IBAN_LENGTHS: std::ops::RangeInclusive<usize> = 15..=34;

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
    #[error("an IBAN has a country, two check digits that are right, and an account")]
    NotAnIban,
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
            IdType::Iban => canonical_iban(value)?,
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
    /// international form without a plus sign; of an IBAN, capital letters and
    /// digits without spaces.
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

/// `gb82 west 1234 5698 7654 32` and `GB82WEST12345698765432` are one account.
fn canonical_iban(value: &str) -> Result<String, IdentifierError> {
    let compact: String = value
        .chars()
        .filter(|character| *character != ' ')
        .map(|character| character.to_ascii_uppercase())
        .collect();
    let well_formed = IBAN_LENGTHS.contains(&compact.len())
        && compact
            .bytes()
            .enumerate()
            .all(|(index, byte)| match index {
                0 | 1 => byte.is_ascii_uppercase(),
                2 | 3 => byte.is_ascii_digit(),
                _ => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            });
    if !well_formed || remainder_of_iban(&compact) != 1 {
        return Err(IdentifierError::NotAnIban);
    }
    Ok(compact)
}

/// ISO 7064, MOD 97-10: the country and the check digits come last, and letters
/// count from 10 for A to 35 for Z.
fn remainder_of_iban(iban: &str) -> u32 {
    let characters = iban.chars().cycle().skip(4).take(iban.len());
    characters
        .filter_map(|character| character.to_digit(36))
        .fold(0, |remainder, digit| {
            let shift = if digit < 10 { 10 } else { 100 };
            (remainder * shift + digit) % 97
        })
}

/// How identifiers are read here.
#[derive(Debug, Clone)]
pub struct Identifiers {
    customers_by: Vec<IdType>,
    dial_code: String,
}

impl Identifiers {
    /// `customers_by` are the kinds that customers of this DFSP are found by;
    /// the country's dial code completes an MSISDN in national form.
    pub fn new(customers_by: Vec<IdType>, dial_code: String) -> Self {
        Self {
            customers_by,
            dial_code,
        }
    }

    /// The kind that a customer is found by if it is not said.
    pub fn first(&self) -> Option<IdType> {
        self.customers_by.first().copied()
    }

    /// Reads the identifier of a customer of this DFSP.
    pub fn of_customer(
        &self,
        id_type: &str,
        value: &str,
        sub_value: Option<&str>,
    ) -> Result<PartyIdentifier, PaymentError> {
        let id_type: Option<IdType> = id_type.parse().ok();
        let id_type = id_type.filter(|id_type| self.customers_by.contains(id_type));
        let id_type = id_type.ok_or_else(|| {
            PaymentError::new(
                ErrorCode::Unsupported,
                "customers are not found by this type of identifier here",
            )
        })?;
        self.read(id_type, value, sub_value)
    }

    /// Reads the identifier of anybody in the scheme.
    pub fn of_anybody(
        &self,
        id_type: &str,
        value: &str,
        sub_value: Option<&str>,
    ) -> Result<PartyIdentifier, PaymentError> {
        let id_type = id_type
            .parse()
            .map_err(|_| PaymentError::new(ErrorCode::Unsupported, "unknown identifier type"))?;
        self.read(id_type, value, sub_value)
    }

    fn read(
        &self,
        id_type: IdType,
        value: &str,
        sub_value: Option<&str>,
    ) -> Result<PartyIdentifier, PaymentError> {
        PartyIdentifier::parse(id_type, value, sub_value, Some(&self.dial_code))
            .map_err(|error| PaymentError::new(ErrorCode::MalformedSyntax, error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iban_has_one_canonical_form_and_is_echoed_as_given() {
        for given in ["GB82WEST12345698765432", "gb82 west 1234 5698 7654 32"] {
            let identifier = PartyIdentifier::parse(IdType::Iban, given, None, None).unwrap();
            assert_eq!(identifier.canonical(), "GB82WEST12345698765432");
            assert_eq!(identifier.as_given(), given);
        }
    }

    #[test]
    fn an_iban_whose_form_or_check_digits_are_wrong_is_refused() {
        for given in [
            "GB82WEST12345698765423",
            "GB83WEST12345698765432",
            "82GBWEST12345698765432",
            "GB8!WEST12345698765432",
            "GB82-WEST-1234-5698-7654-32",
            "GB82WEST1234",
            "GB82",
            "NO\u{308}9386011117947",
        ] {
            let identifier = PartyIdentifier::parse(IdType::Iban, given, None, None);
            assert_eq!(identifier, Err(IdentifierError::NotAnIban), "{given}");
        }
    }

    #[test]
    fn customers_are_found_by_some_kinds_and_the_scheme_knows_all() {
        let identifiers = Identifiers::new(vec![IdType::Alias, IdType::Msisdn], "220".to_owned());
        assert_eq!(identifiers.first(), Some(IdType::Alias));
        let customer = identifiers.of_customer("MSISDN", "0301 2345", None);
        assert_eq!(customer.unwrap().canonical(), "2203012345");
        assert!(identifiers.of_anybody("EMAIL", "a@b.c", None).is_ok());
        for (id_type, value, code) in [
            ("EMAIL", "a@b.c", ErrorCode::Unsupported),
            ("SHOE_SIZE", "42", ErrorCode::Unsupported),
            ("MSISDN", "nobody", ErrorCode::MalformedSyntax),
        ] {
            let refused = identifiers.of_customer(id_type, value, None);
            assert_eq!(refused.unwrap_err().code, code, "{id_type}");
        }
        let refused = identifiers.of_anybody("SHOE_SIZE", "42", None);
        assert_eq!(refused.unwrap_err().code, ErrorCode::Unsupported);
    }

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
