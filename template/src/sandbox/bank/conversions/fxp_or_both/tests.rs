use rust_decimal::Decimal;

use super::*;
use crate::sandbox::bank::books::example::{
    assert_refused, assert_stays_in_order, books, funds, instruct, two,
};

fn amount(text: &str, code: &str) -> Amount {
    Amount::parse(text, code.parse().unwrap()).unwrap()
}

/// 1000 dalasi for 13.70 dollars.
fn reserve() -> ReserveConversion {
    ReserveConversion {
        source: amount("1000", "GMD"),
        target: amount("13.7", "USD"),
    }
}

fn commit() -> CommitConversion {
    CommitConversion {
        reservation: "r:reserve".to_owned(),
    }
}

fn release() -> ReleaseConversion {
    ReleaseConversion {
        reservation: "r:reserve".to_owned(),
    }
}

#[test]
fn every_two_currencies_have_a_rate_that_leaves_the_bank_its_spread() {
    assert_eq!(currencies().count(), WORTH_A_DOLLAR.len());
    for source in currencies() {
        for target in currencies() {
            let there = Decimal::from_str_exact(&String::from(rate_of(source, target).unwrap()));
            let back = Decimal::from_str_exact(&String::from(rate_of(target, source).unwrap()));
            let round_trip = there.unwrap() * back.unwrap();
            assert!(round_trip < Decimal::ONE, "{source} {target} {round_trip}");
        }
    }
}

#[test]
fn what_is_reserved_is_not_sold_to_anybody_else() {
    let mut books = books();
    assert_stays_in_order(&mut books, |books| instruct(books, "r:reserve", reserve()));
    assert_eq!(funds(&books, "position-USD"), two("1000000", "999986.3"));
    assert_eq!(funds(&books, "position-GMD"), two("1000000", "1000000"));
    let left = books.left_to_sell("USD".parse().unwrap()).unwrap();
    assert_eq!(left, amount("999986.3", "USD"));

    assert_stays_in_order(&mut books, |books| instruct(books, "r:release", release()));
    assert_eq!(funds(&books, "position-USD"), two("1000000", "1000000"));
    assert_eq!(
        instruct(&mut books, "r:commit", commit()),
        Err(RESERVATION_RELEASED)
    );
}

#[test]
fn a_conversion_balances_in_each_currency() {
    let mut books = books();
    assert_stays_in_order(&mut books, |books| instruct(books, "r:reserve", reserve()));
    assert_stays_in_order(&mut books, |books| instruct(books, "r:commit", commit()));
    assert_eq!(funds(&books, "position-GMD"), two("1001000", "1001000"));
    assert_eq!(funds(&books, "scheme-GMD"), two("-1000", "-1000"));
    assert_eq!(funds(&books, "position-USD"), two("999986.3", "999986.3"));
    assert_eq!(funds(&books, "scheme-USD"), two("13.7", "13.7"));
    assert_eq!(
        instruct(&mut books, "r:release", release()),
        Err(RESERVATION_COMMITTED)
    );
}

#[test]
fn what_cannot_be_converted_is_refused() {
    let unknown = ReserveConversion {
        source: amount("1", "NOK"),
        ..reserve()
    };
    assert_refused(unknown, Refusal::CurrencyNotSupported);
    let too_much = ReserveConversion {
        target: amount("1000000.01", "USD"),
        ..reserve()
    };
    assert_refused(too_much, Refusal::InsufficientLiquidity);
    let not_converted = ReserveConversion {
        source: amount("13.7", "USD"),
        ..reserve()
    };
    assert_refused(not_converted, Refusal::Malformed);
    assert_refused(commit(), UNKNOWN_RESERVATION);
    assert_refused(release(), UNKNOWN_RESERVATION);
}
