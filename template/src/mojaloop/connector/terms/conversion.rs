//! The terms of a payment, with or without a conversion between its currencies.
//!
//! | the payer fixed | the Mojaloop Connector has first | and then |
//! | --- | --- | --- |
//! | what he sends (`SEND`) | the conversion | the quote, for the converted amount |
//! | what the payee receives (`RECEIVE`) | the quote | the conversion, into the quoted amount |

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    domain::{
        amount::Amount,
        conversion_offer::{ConversionCharge, ConversionOffer, ConversionTerms},
        currency::Currency,
        error::{ErrorCode, PaymentError},
        outgoing::{Offer, OutgoingPayment},
        quote::{AmountType, Terms},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    mojaloop::connector::{
        Paused, QuotedTerms,
        wire::{Money, TransferAnswer},
    },
};

/// The half of the terms that the Mojaloop Connector has first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HalfOfTerms {
    Conversion(ConversionOffer),
    Quote(Terms),
}

impl HalfOfTerms {
    /// What agrees to this half, and to nothing more.
    pub fn agreement(&self) -> Value {
        match self {
            Self::Conversion(_) => json!({ "acceptConversion": true }),
            Self::Quote(_) => json!({ "acceptQuote": true }),
        }
    }

    /// Whether the terms are what this half was completed to.
    pub fn is_half_of(&self, quoted: &QuotedTerms) -> bool {
        match self {
            Self::Conversion(conversion) => quoted.conversion.as_ref() == Some(conversion),
            Self::Quote(terms) => quoted.terms == *terms,
        }
    }
}

/// The decision on all of the terms.
pub fn decision(payment: &OutgoingPayment, is_agreed: bool) -> Value {
    match &payment.offer {
        // [if use_cases has request_to_pay]
        // Its resource knows no conversion.
        _ if payment.request.in_answer_to.is_some() => json!({ "acceptQuote": is_agreed }),
        // [end]
        Some(offer) if offer.conversion.is_none() => json!({ "acceptQuote": is_agreed }),
        // The flag of the last half alone: if the Mojaloop Connector is at the
        // first one again, of terms that nobody here has seen, it gives up.
        Some(_) if is_agreed => match payment.request.amount_type {
            AmountType::Send => json!({ "acceptQuote": true }),
            AmountType::Receive => json!({ "acceptConversion": true }),
        },
        // It serves both, also where the terms are not known here.
        _ => json!({ "acceptQuoteOrConversion": is_agreed }),
    }
}

/// The terms that the Mojaloop Connector waits with.
pub fn read_paused(state: &TransferAnswer, payment: &OutgoingPayment) -> Paused {
    let at_conversion = state.current_state() == Some("WAITING_FOR_CONVERSION_ACCEPTANCE");
    let paused = if at_conversion || state.needs_conversion() {
        converted(state, payment, at_conversion)
    } else {
        unconverted(state, payment)
    };
    paused.unwrap_or_else(Paused::AtRefused)
}

/// Whether what was transferred, where it is said, is what was offered.
pub fn is_as_offered(state: &TransferAnswer, offer: &Offer) -> bool {
    let Some(conversion) = &offer.conversion else {
        return state.prepared(offer.terms.transfer_amount());
    };
    let is = |money: &Money, amount: Amount| {
        money.currency == amount.currency().code()
            && Amount::parse(&money.amount, amount.currency()) == Ok(amount)
    };
    let is_converted = match state.part("/fxTransferRequest/body") {
        None => true,
        Some(body) => ConversionTransfer::deserialize(body).is_ok_and(|transfer| {
            transfer.commit_request_id == *conversion.conversion_id()
                && transfer.counter_party_fsp == conversion.provider()
                && is(&transfer.source_amount, conversion.source())
                && is(&transfer.target_amount, conversion.target())
        }),
    };
    is_converted && state.prepared(offer.terms.transfer_amount())
}

fn unconverted(state: &TransferAnswer, payment: &OutgoingPayment) -> Result<Paused, PaymentError> {
    let request = &payment.request;
    let currency = request.amount.currency();
    let is_elsewhere = request
        .payee_currency()
        .is_some_and(|to_payee| to_payee != currency);
    if request.payer_currency() != currency || is_elsewhere {
        return Err(PaymentError::new(
            ErrorCode::CurrencyRefused,
            "the payment does not arrive in the currency that was asked for",
        ));
    }
    state
        .quoted_terms(request)
        .map(Box::new)
        .map(Paused::AtQuote)
}

fn converted(
    state: &TransferAnswer,
    payment: &OutgoingPayment,
    at_conversion: bool,
) -> Result<Paused, PaymentError> {
    let request = &payment.request;
    let conversion = state.part("/fxQuoteResponse/body/conversionTerms");
    let conversion = conversion.map(|terms| read_conversion(terms, state, payment));
    let conversion = conversion.transpose()?;
    let is_quoted = state.part("/quoteResponse/body").is_some();
    let (amount, conversion) = match (request.amount_type, conversion, is_quoted) {
        (AmountType::Send, Some(conversion), false) if at_conversion => {
            return Ok(Paused::Halfway(Box::new(HalfOfTerms::Conversion(
                conversion,
            ))));
        }
        (AmountType::Receive, None, true) if !at_conversion => {
            let (terms, _) = state.quote(AmountType::Receive, request.amount)?;
            return Ok(Paused::Halfway(Box::new(HalfOfTerms::Quote(terms))));
        }
        (AmountType::Send, Some(conversion), true) if !at_conversion => {
            (conversion.target(), conversion)
        }
        (AmountType::Receive, Some(conversion), true) if at_conversion => {
            (request.amount, conversion)
        }
        _ => return Err(refused("terms in another order")),
    };
    let (terms, expires_at) = state.quote(request.amount_type, amount)?;
    // A commission would be owed to this bank in a currency that it has no
    // account in, so a transfer of less than was converted is refused, too.
    if terms.transfer_amount() != conversion.target() {
        return Err(refused("another amount is transferred than is converted"));
    }
    Ok(Paused::AtQuote(Box::new(QuotedTerms {
        payee: state.payee(),
        terms,
        expires_at: expires_at.min(conversion.expires_at()),
        conversion: Some(conversion),
    })))
}

/// The shapes of FSPIOP, as far as they are needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConversionBody {
    conversion_id: TransferId,
    determining_transfer_id: Option<TransferId>,
    counter_party_fsp: String,
    source_amount: Money,
    target_amount: Money,
    expiration: Timestamp,
    #[serde(default)]
    charges: Vec<ChargeBody>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChargeBody {
    source_amount: Option<Money>,
    target_amount: Option<Money>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConversionTransfer {
    commit_request_id: TransferId,
    counter_party_fsp: String,
    source_amount: Money,
    target_amount: Money,
}

/// The conversion, if it is one of the payment that was asked for. The
/// `amountType` in it is `SEND` in both directions, so it says nothing.
fn read_conversion(
    terms: &Value,
    state: &TransferAnswer,
    payment: &OutgoingPayment,
) -> Result<ConversionOffer, PaymentError> {
    let body = ConversionBody::deserialize(terms)
        .map_err(|_| refused("no conversionTerms that are understood"))?;
    let of_another = body
        .determining_transfer_id
        .is_some_and(|transfer_id| transfer_id != payment.transfer_id);
    let source_of_answer = state.part("/fxQuoteResponseSource").and_then(Value::as_str);
    let by_another = source_of_answer.is_some_and(|source| source != body.counter_party_fsp);
    if of_another || by_another {
        return Err(refused("the conversion of another transfer or FXP"));
    }
    let request = &payment.request;
    let (source, target) = (read(&body.source_amount)?, read(&body.target_amount)?);
    let fixed = match request.amount_type {
        AmountType::Send => source,
        AmountType::Receive => target,
    };
    let of_request = match request.amount_type {
        // What is transferred in the end depends on charges of the payee's FSP.
        AmountType::Receive => fixed.currency() == request.amount.currency(),
        AmountType::Send => fixed == request.amount,
    };
    let to_payee = request.payee_currency();
    let is_elsewhere = to_payee.is_some_and(|currency| currency != target.currency());
    if !of_request || source.currency() != request.payer_currency() || is_elsewhere {
        return Err(refused("the conversion of other amounts"));
    }
    let charges = body.charges.into_iter().map(|charge| {
        Ok(ConversionCharge {
            source: charge.source_amount.as_ref().map(read).transpose()?,
            target: charge.target_amount.as_ref().map(read).transpose()?,
        })
    });
    let terms = ConversionTerms {
        conversion_id: body.conversion_id,
        provider: body.counter_party_fsp,
        source,
        target,
        charges: charges.collect::<Result<_, PaymentError>>()?,
        expires_at: body.expiration,
    };
    terms
        .try_into()
        .map_err(|error: crate::domain::conversion_offer::NotAConversion| {
            refused(&error.to_string())
        })
}

fn read(money: &Money) -> Result<Amount, PaymentError> {
    let currency: Currency = money
        .currency
        .parse()
        .map_err(|_| refused("an unknown currency"))?;
    Amount::parse(&money.amount, currency).map_err(|error| refused(&error.to_string()))
}

fn refused(detail: &str) -> PaymentError {
    PaymentError::new(
        ErrorCode::QuoteRefused,
        "the terms of the conversion do not fit the request",
    )
    .with_detail(detail)
}

#[cfg(test)]
mod tests;
