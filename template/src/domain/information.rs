//! What a scheme may want to know of payer and payee besides who they are.
//!
//! Personal data: none of it is printed.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::outgoing::DateAndPlaceOfBirth;

/// What is told of a payer.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PayerInformation {
    pub name: Option<String>,
    pub birth: Option<DateAndPlaceOfBirth>,
    /// What the payment is for, by a code of the scheme.
    pub purpose_code: Option<String>,
}

/// What is told of a payee.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PayeeInformation {
    pub name: Option<String>,
    pub address: Option<PostalAddress>,
    /// The legal entity identifier of the FSP.
    pub fsp_lei: Option<String>,
}

/// A postal address, in the parts of ISO 20022, as far as they are known.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PostalAddress {
    pub street_name: Option<String>,
    pub building_number: Option<String>,
    pub post_code: Option<String>,
    pub town_name: Option<String>,
    pub country_subdivision: Option<String>,
    /// ISO 3166, two letters.
    pub country: Option<String>,
}

impl PostalAddress {
    /// The address, if any part of it is known.
    pub fn if_known(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
}

macro_rules! not_printed {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{} ***", stringify!($name))
            }
        })*
    };
}

not_printed!(PayerInformation, PayeeInformation, PostalAddress);
