//! The words of the field as they are written in a body or a path.
//!
//! These types only describe: what is sent is read into those of `domain`.

use crate::{
    domain::{identifier::IdType, quote::AmountType},
    mojaloop::http::MAX_TEXT_LENGTH,
};

/// Gives a word its schema: what `$make` does to that of a text.
macro_rules! word {
    ($(#[doc = $doc:literal])+ $name:ident, $make:expr) => {
        $(#[doc = $doc])+
        pub struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                use utoipa::openapi::{ObjectBuilder, schema::Type};
                let make: fn(ObjectBuilder) -> ObjectBuilder = $make;
                let description = concat!($($doc, "\n"),+);
                let description = description.lines().map(str::trim).collect::<Vec<_>>();
                make(ObjectBuilder::new().schema_type(Type::String))
                    .description(Some(description.join(" ")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

word!(
    /// An exact decimal in major units: no sign, no exponent, and no more
    /// decimals than the currency has.
    AmountText,
    |text| text
        .pattern(Some("^(0|[1-9][0-9]{0,17})([.][0-9]+)?$"))
        .examples(["1500", "12.5"])
);
word!(
    /// A currency of ISO 4217.
    CurrencyCode,
    |text| text.pattern(Some("^[A-Z]{3}$")).examples(["XTS"])
);
word!(
    /// An identifier that correlates messages: of a quote, a transfer, a
    /// transaction. Not a dot or two.
    CorrelationId,
    |text| text
        .pattern(Some("^[!-~]{1,64}$"))
        .examples(["0192f4a6-7c1e-7d35-9a3b-5f0c8e2d4b61"])
);
word!(
    /// What kind of identifier a party is named by.
    IdTypeName,
    |text| text.enum_values(Some(IdType::ALL.map(IdType::as_str)))
);
word!(
    /// The value of a party's identifier. Its type decides on its form.
    IdValue,
    |text| text
        .min_length(Some(1))
        .max_length(Some(128))
        .examples(["254700000001"])
);
word!(
    /// Which end of the payment the amount is about: what the payer sends, or
    /// what the payee receives.
    AmountTypeName,
    |text| text.enum_values(Some([AmountType::Send, AmountType::Receive].map(AmountType::as_str)))
);
word!(
    /// A moment in UTC, to the millisecond.
    Moment,
    |text| text
        .pattern(Some(
            "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$"
        ))
        .examples(["2026-05-24T08:38:08.699Z"])
);
word!(
    /// A short text without control characters.
    ShortText,
    |text| text
        .min_length(Some(1))
        .max_length(Some(MAX_TEXT_LENGTH))
);
word!(
    /// Where a transfer stands.
    TransferStateName,
    |text| text.enum_values(Some(["RECEIVED", "RESERVED", "COMMITTED", "ABORTED"]))
);
