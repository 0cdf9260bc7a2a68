//! A customer, as far as a payment needs to know one.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    currency::Currency,
    information::{PayeeInformation, PostalAddress},
};

/// The number by which the core banking system knows an account. It stays
/// between the connector and the core banking system.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountNumber(String);

impl AccountNumber {
    pub fn new(number: impl Into<String>) -> Self {
        Self(number.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Personal data: the number never reaches a log line.
impl fmt::Debug for AccountNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("account ***")
    }
}

/// Whether an account takes part in payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    Active,
    /// No debit and no credit for now; the scheme is told 5400.
    Blocked,
    /// It is no more; the scheme is told that there is no such party.
    Closed,
}

/// What the core banking system says of the customer behind an identifier.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub account: AccountNumber,
    pub status: AccountStatus,
    pub currency: Currency,
    pub first_name: Option<String>,
    pub middle_name: Option<String>,
    pub last_name: Option<String>,
    /// `YYYY-MM-DD`.
    pub date_of_birth: Option<String>,
    /// ISO 18245, for a merchant.
    pub merchant_classification_code: Option<String>,
    pub address: Option<PostalAddress>,
}

impl Customer {
    /// What the scheme is told of this payee, with the LEI of this DFSP.
    pub fn information(&self, fsp_lei: Option<String>) -> PayeeInformation {
        PayeeInformation {
            name: Some(self.display_name()).filter(|name| !name.is_empty()),
            address: self.address.clone(),
            fsp_lei,
        }
    }

    /// The names that are there, in their usual order.
    pub fn display_name(&self) -> String {
        [&self.first_name, &self.middle_name, &self.last_name]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Personal data: only the status is printed.
impl fmt::Debug for Customer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "customer ({:?})", self.status)
    }
}

/// The party at the other FSP, as that FSP described it. Nothing is decided by
/// it here, so it is kept as it was told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counterparty {
    pub id_type: String,
    pub id_value: String,
    pub fsp_id: Option<String>,
}

/// Personal data: only the FSP is printed.
impl fmt::Debug for Counterparty {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fsp_id = self.fsp_id.as_deref().unwrap_or("?");
        write!(formatter, "counterparty at {fsp_id}")
    }
}
