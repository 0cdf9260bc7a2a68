//! Conversions for other participants: the bank says its rate, and the target
//! amount is reserved, then sold or freed.

use core_connector::{
    core_banking::port::{BankError, Booking, Bookings, Conversions, Rates, Refusal},
    domain::{
        amount::Amount,
        currency_conversion::ConvertedAmounts,
        reference::{CreditStep, Reference},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
};

use crate::bank::{Bank, refused};

fn of_conversion(step: CreditStep) -> Reference {
    let conversion_id: TransferId = "c-1".parse().unwrap();
    Reference::of_conversion(&conversion_id, step)
}

fn amount(text: &str, code: &str) -> Amount {
    Amount::parse(text, code.parse().unwrap()).unwrap()
}

fn amounts() -> ConvertedAmounts {
    ConvertedAmounts {
        source: amount("1000", "GMD"),
        target: amount("13.84", "USD"),
    }
}

#[tokio::test]
async fn a_rate_holds_for_some_time_and_for_what_is_left() {
    let bank = Bank::open();
    let (source, target) = ("GMD".parse().unwrap(), "USD".parse().unwrap());
    let offer = bank.client.offer_rate(source, target).await.unwrap();
    let bought = offer.rate.target_of(amounts().source, target).unwrap();
    assert_eq!(bought, amounts().target);
    assert!(offer.expires_at > Timestamp::now());
    assert_eq!(offer.available, amount("1000000", "USD"));

    let unknown = bank.client.offer_rate("NOK".parse().unwrap(), target).await;
    let not_dealt_in = BankError::Refused(Refusal::CurrencyNotSupported);
    assert_eq!(unknown.unwrap_err(), not_dealt_in);
}

#[tokio::test]
async fn a_conversion_is_reserved_and_committed_and_each_is_found_by_its_reference() {
    let bank = Bank::open();
    let reserve = &of_conversion(CreditStep::Reserve);
    let commit = &of_conversion(CreditStep::Commit);
    assert_eq!(bank.client.find_booking(reserve).await, Ok(None));

    let reserved = bank.client.reserve_conversion(reserve, &amounts()).await;
    let reserved = reserved.unwrap();
    assert_eq!(bank.available("position-USD"), "999986.16");
    let found = bank.client.find_booking(reserve).await;
    assert_eq!(found, Ok(Some(Booking::Done(reserved))));

    let committed = bank.client.commit_conversion(commit, reserve).await;
    let committed = committed.unwrap();
    assert_eq!(bank.available("position-GMD"), "1001000");
    assert_eq!(bank.available("scheme-USD"), "13.84");
    let found = bank.client.find_booking(commit).await;
    assert_eq!(found, Ok(Some(Booking::Done(committed))));
}

#[tokio::test]
async fn a_reserved_conversion_is_released() {
    let bank = Bank::open();
    let reserve = &of_conversion(CreditStep::Reserve);
    let release = &of_conversion(CreditStep::Release);
    let reserved = bank.client.reserve_conversion(reserve, &amounts()).await;
    reserved.unwrap();
    let released = bank.client.release_conversion(release, reserve).await;
    released.unwrap();
    assert_eq!(bank.available("position-USD"), "1000000");
}

#[tokio::test]
async fn what_was_never_reserved_cannot_be_committed() {
    let bank = Bank::open();
    let commit = of_conversion(CreditStep::Commit);
    let reservation = of_conversion(CreditStep::Reserve);
    let committed = bank.client.commit_conversion(&commit, &reservation).await;
    assert_eq!(committed, refused(Refusal::Other));
    assert!(bank.bank.ledger().open_holds.is_empty());
}
