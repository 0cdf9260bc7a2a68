//! What the sandbox bank offers for conversions: it says its rates, reserves
//! what it sells, and then sells it or gives the reservation up.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path, ServiceConfig},
};
use async_trait::async_trait;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;
use serde_json::json;

use crate::{
    core_banking::port::{
        BankError, BookingId, Conversions, RateOffer, Rates, Refusal as ToConnector,
    },
    domain::{
        amount::Amount, currency::Currency, currency_conversion::ConvertedAmounts, rate::Rate,
        reference::Reference, timestamp::Timestamp,
    },
    sandbox::bank::{
        SandboxBank,
        api::{self, ReferenceAlone, Referenced, not_found, resource, respond},
        books::{
            Books,
            positions::{position, with_the_scheme},
        },
        faults::Operation,
        ledger::{Entry, HeldMoney},
        open_items::{Item, ItemState},
        order::Order,
        refusal::Refusal,
    },
};

const OFFER_RATE: Operation = Operation::new("offer_rate");
const RESERVE_CONVERSION: Operation = Operation::new("reserve_conversion");
const COMMIT_CONVERSION: Operation = Operation::new("commit_conversion");
const RELEASE_CONVERSION: Operation = Operation::new("release_conversion");

/// What a rule about conversions can name.
pub const OPERATIONS: &[Operation] = &[
    OFFER_RATE,
    RESERVE_CONVERSION,
    COMMIT_CONVERSION,
    RELEASE_CONVERSION,
];

/// What the bank deals in, and how much of it is worth one US dollar. No market
/// made these prices.
const WORTH_A_DOLLAR: [(&str, &str); 16] = [
    ("USD", "1"),
    ("EUR", "0.92"),
    ("GMD", "71.5"),
    ("GHS", "15.6"),
    ("KES", "129.2"),
    ("MMK", "2098"),
    ("MWK", "1734"),
    ("MXN", "17.2"),
    ("SGD", "1.34"),
    ("TND", "3.11"),
    ("TZS", "2640"),
    ("UGX", "3680"),
    ("XOF", "603.5"),
    ("XTS", "2.36"),
    ("ZAR", "18.1"),
    ("ZMW", "26.5"),
];

/// What the bank keeps for itself of each conversion.
const SPREAD: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

const RATE_DECIMALS: u32 = 9;

/// How long a rate holds.
const RATE_LIFETIME: Duration = Duration::from_secs(30);

const UNKNOWN_RESERVATION: Refusal = Refusal::particular(
    "unknown_reservation",
    "no conversion was reserved under this reference",
);
const RESERVATION_COMMITTED: Refusal = Refusal::particular(
    "reservation_committed",
    "the reserved conversion has been committed",
);
const RESERVATION_RELEASED: Refusal = Refusal::particular(
    "reservation_released",
    "the reserved conversion has been released",
);

/// The currencies that the bank deals in.
pub fn currencies() -> impl Iterator<Item = Currency> {
    WORTH_A_DOLLAR
        .iter()
        .filter_map(|(code, _)| code.parse().ok())
}

fn worth_a_dollar(currency: Currency) -> Option<Decimal> {
    let mut known = WORTH_A_DOLLAR.iter();
    let (_, worth) = known.find(|(code, _)| *code == currency.code())?;
    worth.parse().ok()
}

/// What the target currency is sold for, in the source currency.
fn rate_of(source: Currency, target: Currency) -> Option<Rate> {
    let middle = worth_a_dollar(target)?.checked_div(worth_a_dollar(source)?)?;
    let offered = middle * (Decimal::ONE - SPREAD);
    let offered = offered.round_dp_with_strategy(RATE_DECIMALS, RoundingStrategy::ToZero);
    Rate::new(offered).ok()
}

fn offer(books: &Books, source: Currency, target: Currency) -> Option<RateOffer> {
    Some(RateOffer {
        rate: rate_of(source, target)?,
        expires_at: Timestamp::now().after(RATE_LIFETIME),
        available: books.left_to_sell(target)?,
    })
}

/// Holds the target amount on the bank's position.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReserveConversion {
    pub source: Amount,
    pub target: Amount,
}

/// Sells what was reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitConversion {
    pub reservation: String,
}

/// Gives up what was reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseConversion {
    pub reservation: String,
}

impl Order for ReserveConversion {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        let (source, target) = (self.source.currency(), self.target.currency());
        for currency in [source, target] {
            if books.left_to_sell(currency).is_none() {
                return Err(Refusal::CurrencyNotSupported);
            }
        }
        if source == target || self.source.is_zero() || self.target.is_zero() {
            return Err(Refusal::Malformed);
        }
        let money = HeldMoney {
            account: position(target),
            amount: self.target.value(),
        };
        books
            .keep_open(reference, self.clone(), Some(money))
            .map_err(Refusal::by_funding_account)
    }
}

impl Order for CommitConversion {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        let reservation = open_reservation(books, &self.reservation)?;
        let ReserveConversion { source, target } = reservation.order;
        let moved = |from, to, amount: Amount| {
            let amount = amount.value();
            let entry = |account, amount| Entry { account, amount };
            [entry(from, -amount), entry(to, amount)]
        };
        let (bought, sold) = (source.currency(), target.currency());
        let entries = [
            moved(with_the_scheme(bought), position(bought), source),
            moved(position(sold), with_the_scheme(sold), target),
        ];
        books.settle(&reservation, reference, "conversion", entries.concat())?;
        Ok(())
    }
}

impl Order for ReleaseConversion {
    fn carry_out(&self, books: &mut Books, _reference: &str) -> Result<(), Refusal> {
        let reservation = open_reservation(books, &self.reservation)?;
        books.release(&reservation)?;
        Ok(())
    }
}

fn open_reservation(books: &Books, reference: &str) -> Result<Item<ReserveConversion>, Refusal> {
    let reservation: Item<ReserveConversion> = books.item(reference).ok_or(UNKNOWN_RESERVATION)?;
    match reservation.state {
        ItemState::Open => Ok(reservation),
        ItemState::Settled => Err(RESERVATION_COMMITTED),
        ItemState::Released => Err(RESERVATION_RELEASED),
    }
}

/// The paths for conversions.
pub fn configure(service: &mut ServiceConfig) {
    let reservation = |step: &str| format!("/conversion-reservations/{{reservation}}/{step}");
    service
        .service(resource(
            "/rates/{source}/{target}",
            web::get().to(offer_rate),
        ))
        .service(resource(
            "/conversion-reservations",
            web::post().to(reserve_conversion),
        ))
        .service(resource(
            &reservation("commit"),
            web::post().to(commit_conversion),
        ))
        .service(resource(
            &reservation("release"),
            web::post().to(release_conversion),
        ));
}

async fn offer_rate(bank: Data<SandboxBank>, pair: Path<(String, String)>) -> HttpResponse {
    let (source, target) = pair.into_inner();
    respond(bank, OFFER_RATE, move |books, _| {
        let pair = source.parse().ok().zip(target.parse().ok());
        match pair.and_then(|(source, target)| offer(books, source, target)) {
            Some(offer) => HttpResponse::Ok().json(json!({
                "rate": offer.rate,
                "expires_at": offer.expires_at,
                "available": offer.available,
            })),
            None => not_found("unknown_pair", "the bank does not deal in these currencies"),
        }
    })
    .await
}

async fn reserve_conversion(
    bank: Data<SandboxBank>,
    body: Json<Referenced<ReserveConversion>>,
) -> HttpResponse {
    let Referenced { reference, content } = body.into_inner();
    api::instruct(bank, RESERVE_CONVERSION, reference, content).await
}

async fn commit_conversion(
    bank: Data<SandboxBank>,
    reservation: Path<String>,
    body: Json<ReferenceAlone>,
) -> HttpResponse {
    let order = CommitConversion {
        reservation: reservation.into_inner(),
    };
    let reference = body.into_inner().reference;
    api::instruct(bank, COMMIT_CONVERSION, reference, order).await
}

async fn release_conversion(
    bank: Data<SandboxBank>,
    reservation: Path<String>,
    body: Json<ReferenceAlone>,
) -> HttpResponse {
    let order = ReleaseConversion {
        reservation: reservation.into_inner(),
    };
    let reference = body.into_inner().reference;
    api::instruct(bank, RELEASE_CONVERSION, reference, order).await
}

#[async_trait]
impl Rates for SandboxBank {
    async fn offer_rate(&self, source: Currency, target: Currency) -> Result<RateOffer, BankError> {
        let offered = self.call(OFFER_RATE, move |books, _| offer(books, source, target));
        let not_dealt_in = BankError::Refused(ToConnector::CurrencyNotSupported);
        offered.await?.ok_or(not_dealt_in)
    }
}

#[async_trait]
impl Conversions for SandboxBank {
    async fn reserve_conversion(
        &self,
        reference: &Reference,
        amounts: &ConvertedAmounts,
    ) -> Result<BookingId, BankError> {
        let order = ReserveConversion {
            source: amounts.source,
            target: amounts.target,
        };
        self.instruct(RESERVE_CONVERSION, reference, order).await
    }

    async fn commit_conversion(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        let order = CommitConversion {
            reservation: reservation.to_string(),
        };
        self.instruct(COMMIT_CONVERSION, reference, order).await
    }

    async fn release_conversion(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        let order = ReleaseConversion {
            reservation: reservation.to_string(),
        };
        self.instruct(RELEASE_CONVERSION, reference, order).await
    }
}

#[cfg(test)]
mod tests;
