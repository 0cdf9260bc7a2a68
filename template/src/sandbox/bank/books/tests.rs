use proptest::prelude::*;

use super::{example::*, *};
use crate::sandbox::bank::chart::example::TOTAL;

/// Holds money of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SetAside {
    account: AccountNumber,
    amount: Amount,
}

/// Moves money that was set aside to where outgoing payments are collected.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spend {
    set_aside: String,
}

/// Makes money that was set aside available again.
#[derive(Debug, Clone, PartialEq, Eq)]
struct GiveBack {
    set_aside: String,
}

impl Order for SetAside {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        books.check_debit(&self.account, self.amount)?;
        let money = HeldMoney {
            account: self.account.clone(),
            amount: self.amount.value(),
        };
        books.keep_open(reference, self.clone(), Some(money))?;
        Ok(())
    }
}

impl Order for Spend {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        let item = open_item(books, &self.set_aside)?;
        let amount = item.order.amount.value();
        let entries = vec![
            Entry {
                account: item.order.account.clone(),
                amount: -amount,
            },
            Entry {
                account: account(COLLECTS_FROM_PAYERS),
                amount,
            },
        ];
        books.settle(&item, reference, "spent", entries)?;
        Ok(())
    }
}

impl Order for GiveBack {
    fn carry_out(&self, books: &mut Books, _reference: &str) -> Result<(), Refusal> {
        let item = open_item(books, &self.set_aside)?;
        books.release(&item)?;
        Ok(())
    }
}

const NOT_SET_ASIDE: Refusal = Refusal::particular("not_set_aside", "nothing is set aside");

fn open_item(books: &Books, reference: &str) -> Result<Item<SetAside>, Refusal> {
    let item = books.item(reference);
    item.filter(|item| item.state == ItemState::Open)
        .ok_or(NOT_SET_ASIDE)
}

fn set_aside(number: &str, amount: &str) -> SetAside {
    SetAside {
        account: account(number),
        amount: kes(amount),
    }
}

fn spend(set_aside: &str) -> Spend {
    Spend {
        set_aside: set_aside.to_owned(),
    }
}

fn give_back(set_aside: &str) -> GiveBack {
    GiveBack {
        set_aside: set_aside.to_owned(),
    }
}

#[test]
fn the_books_balance_from_the_start() {
    let report = books().report();
    assert!(report.balanced);
    assert_eq!(report.account("1").unwrap().balance, 100.into());
    assert_eq!(report.account(PAYS_PAYEES).unwrap().balance, 1000.into());
    assert_eq!(
        report.account(OPENING_ACCOUNT).unwrap().balance,
        (-2190 - TOTAL).into()
    );
    assert_eq!(report.postings.len(), 1);
}

#[test]
fn money_that_is_set_aside_is_spent_or_given_back_once() {
    let mut books = books();
    instruct(&mut books, "a", set_aside("2", "300")).unwrap();
    instruct(&mut books, "b", set_aside("2", "100")).unwrap();
    assert_eq!(funds(&books, "2"), two("500", "100"));
    assert_eq!(books.report().open_holds.len(), 2);

    instruct(&mut books, "spend a", spend("a")).unwrap();
    instruct(&mut books, "give back b", give_back("b")).unwrap();
    assert_eq!(funds(&books, "2"), two("200", "200"));
    assert_eq!(funds(&books, COLLECTS_FROM_PAYERS), two("1300", "1300"));
    let state_of = |reference| books.item::<SetAside>(reference).unwrap().state;
    assert_eq!(state_of("a"), ItemState::Settled);
    assert_eq!(state_of("b"), ItemState::Released);

    for item in ["a", "b"] {
        let again = instruct(&mut books, &format!("spend {item} again"), spend(item));
        assert_eq!(again, Err(NOT_SET_ASIDE));
        let again = instruct(&mut books, &format!("free {item} again"), give_back(item));
        assert_eq!(again, Err(NOT_SET_ASIDE));
    }
    let report = books.report();
    assert!(report.balanced && report.open_holds.is_empty());
}

#[test]
fn an_order_is_found_under_its_reference_by_its_own_kind_alone() {
    let mut books = books();
    instruct(&mut books, "r", set_aside("2", "300")).unwrap();
    let item = books.item::<SetAside>("r").unwrap();
    assert_eq!(item.order, set_aside("2", "300"));
    assert!(books.item::<Transfer>("r").is_none());
    assert!(books.item::<SetAside>("other").is_none());
}

#[test]
fn an_order_can_be_kept_open_without_money_on_hold() {
    let mut books = books();
    let order = transfer("1", "2", "10");
    books.keep_open("r", order.clone(), None).unwrap();
    assert!(books.report().open_holds.is_empty());
    let item = books.item::<Transfer>("r").unwrap();
    assert_eq!((&item.order, item.state), (&order, ItemState::Open));
    books.release(&item).unwrap();
    let item = books.item::<Transfer>("r").unwrap();
    assert_eq!(item.state, ItemState::Released);
}

#[test]
fn a_credit_check_says_whether_an_account_takes_the_money_and_moves_nothing() {
    let books = books();
    let before = books.report();
    for (payee, amount, answer) in [
        ("1", "10", Ok(())),
        ("9", "10", Err(Refusal::UnknownAccount)),
        (PAYS_PAYEES, "10", Err(Refusal::UnknownAccount)),
        ("5", "10", Err(Refusal::AccountBlocked)),
        ("6", "10", Err(Refusal::AccountClosed)),
        ("3", "51", Err(Refusal::LimitExceeded)),
        ("4", "11", Err(Refusal::LimitExceeded)),
        ("1", "0", Err(Refusal::Malformed)),
    ] {
        let checked = books.check_credit(&account(payee), kes(amount));
        assert_eq!(checked, answer, "{payee}");
    }
    assert_eq!(books.report(), before);
}

#[test]
fn a_debit_check_asks_for_everything_but_the_funds() {
    let books = books();
    let shillings_of_uganda = Amount::parse("1", "UGX".parse().unwrap()).unwrap();
    for (payer, amount, answer) in [
        ("1", kes("100.01"), Ok(())),
        ("9", kes("1"), Err(Refusal::UnknownAccount)),
        ("fees", kes("1"), Err(Refusal::UnknownAccount)),
        ("5", kes("1"), Err(Refusal::AccountBlocked)),
        ("6", kes("1"), Err(Refusal::AccountClosed)),
        ("3", kes("50.01"), Err(Refusal::LimitExceeded)),
        ("1", kes("0"), Err(Refusal::Malformed)),
        ("1", shillings_of_uganda, Err(Refusal::CurrencyNotSupported)),
    ] {
        let checked = books.check_debit(&account(payer), amount);
        assert_eq!(checked, answer, "{payer}");
    }
}

#[test]
fn a_credit_that_is_expected_counts_towards_the_maximum_balance() {
    let mut books = books();
    let payee = account("4");
    books.expect_credit(&payee, kes("6"));
    assert_eq!(
        books.check_credit(&payee, kes("4.01")),
        Err(Refusal::LimitExceeded)
    );
    assert_eq!(books.check_credit(&payee, kes("4")), Ok(()));
    books.expect_credit_no_longer(&payee, kes("6"));
    assert_eq!(books.check_credit(&payee, kes("10")), Ok(()));
}

#[test]
fn only_accounts_for_it_fund_payments_and_only_in_their_currency() {
    let books = books();
    let (kes, ugx) = (kes("1").currency(), "UGX".parse().unwrap());
    for number in [PAYS_PAYEES, COLLECTS_FROM_PAYERS] {
        let number = account(number);
        assert_eq!(books.check_funding_account(&number, kes), Ok(()));
        assert_eq!(
            books.check_funding_account(&number, ugx),
            Err(Refusal::UnknownFundingAccount)
        );
    }
    for number in ["1", "fees", OPENING_ACCOUNT, "9"] {
        assert_eq!(
            books.check_funding_account(&account(number), kes),
            Err(Refusal::UnknownFundingAccount)
        );
    }
}

#[test]
fn the_status_of_an_account_can_be_changed_and_that_of_a_stranger_cannot() {
    let mut books = books();
    let customer = account("1");
    for (status, answer) in [
        (AccountStatus::Blocked, Err(Refusal::AccountBlocked)),
        (AccountStatus::Closed, Err(Refusal::AccountClosed)),
        (AccountStatus::Active, Ok(())),
    ] {
        books.set_status(&customer, status).unwrap();
        assert_eq!(books.check_active(&customer), answer);
    }
    assert_eq!(
        books.set_status(&account("9"), AccountStatus::Closed),
        Err(Refusal::UnknownAccount)
    );
}

/// Gives an instruction twice, and expects the second to change nothing.
#[track_caller]
fn assert_done_once(books: &mut Books, reference: &str, order: impl Order) {
    let first = instruct(books, reference, order.clone());
    let once = books.report();
    assert_eq!(instruct(books, reference, order), first, "{reference}");
    let twice = books.report();
    assert_eq!(
        (twice.accounts, twice.postings, twice.open_holds),
        (once.accounts, once.postings, once.open_holds)
    );
}

#[test]
fn the_same_instruction_again_is_answered_as_before_and_moves_nothing() {
    let mut books = books();
    assert_done_once(&mut books, "transfer", transfer("2", "1", "50"));
    assert_done_once(&mut books, "set aside", set_aside("2", "20"));
    assert_done_once(&mut books, "spend", spend("set aside"));
    assert_done_once(&mut books, "refused", set_aside("2", "900"));
    // The refused one was never acted on.
    assert_eq!(books.report().repeated_instructions, 3);
}

#[test]
fn a_refused_instruction_stays_refused_when_it_would_be_possible_later() {
    let mut books = books();
    instruct(&mut books, "first", set_aside("2", "500")).unwrap();
    let refused = instruct(&mut books, "second", set_aside("2", "1"));
    assert_eq!(refused, Err(Refusal::InsufficientFunds));
    instruct(&mut books, "give back", give_back("first")).unwrap();
    assert_eq!(instruct(&mut books, "second", set_aside("2", "1")), refused);
    assert!(instruct(&mut books, "third", set_aside("2", "1")).is_ok());
}

#[test]
fn a_reference_stands_for_one_instruction_only() {
    let mut books = books();
    instruct(&mut books, "item", set_aside("2", "20")).unwrap();
    let booked = instruct(&mut books, "r", spend("item"));
    for answer in [
        instruct(&mut books, "r", spend("another item")),
        // The same words, but not the same order.
        instruct(&mut books, "r", give_back("item")),
        instruct(&mut books, "item", set_aside("2", "21")),
        instruct(&mut books, "item", set_aside("1", "20")),
    ] {
        assert_eq!(answer, Err(Refusal::ReferenceReused));
    }
    assert_eq!(books.enquire("r"), Some(&booked));
    assert_eq!(funds(&books, "2"), two("480", "480"));
}

#[test]
fn a_forgetful_bank_acts_again_and_still_knows_what_it_did() {
    let mut books = books();
    let first = instruct_forgetful(&mut books, "item", set_aside("2", "300"));
    let second = instruct_forgetful(&mut books, "item", set_aside("1", "100"));
    assert!(first.is_ok() && second.is_ok() && first != second);
    let report = books.report();
    assert_eq!(report.open_holds.len(), 2);
    assert_eq!(report.repeated_instructions, 1);

    // A third does not fit, which does not undo the first.
    let third = instruct_forgetful(&mut books, "item", set_aside("2", "300"));
    assert_eq!(third, Err(Refusal::InsufficientFunds));
    assert_eq!(books.enquire("item"), Some(&first));

    // Both can be settled, each as it was ordered.
    for _ in 0..2 {
        instruct_forgetful(&mut books, "spend", spend("item")).unwrap();
    }
    assert_eq!(funds(&books, "2"), two("200", "200"));
    assert_eq!(funds(&books, "1"), two("0", "0"));
    let report = books.report();
    assert_eq!(report.postings_of("spend").len(), 2);
    assert!(report.balanced && report.open_holds.is_empty());
}

#[test]
fn a_forgetful_bank_knows_that_it_did_at_last_what_it_had_refused() {
    let mut books = books();
    instruct(&mut books, "other", set_aside("2", "500")).unwrap();
    instruct_forgetful(&mut books, "r", set_aside("2", "1")).unwrap_err();
    instruct(&mut books, "give back", give_back("other")).unwrap();
    let done = instruct_forgetful(&mut books, "r", set_aside("2", "1"));
    assert!(done.is_ok());
    assert_eq!(books.enquire("r"), Some(&done));
}

#[test]
fn a_reference_that_is_none_or_one_instruction_too_many_is_refused_and_not_kept() {
    let mut books = books();
    let long = "x".repeat(MAX_REFERENCE_LENGTH + 1);
    for reference in ["", &long] {
        let answer = instruct(&mut books, reference, transfer("2", "1", "1"));
        assert_eq!(answer, Err(Refusal::Malformed));
        assert_eq!(books.enquire(reference), None);
    }
    books.max_instructions = 1;
    let first = instruct(&mut books, "first", transfer("2", "1", "1"));
    let second = instruct(&mut books, "second", transfer("2", "1", "1"));
    assert_eq!(second, Err(Refusal::SandboxFull));
    assert_eq!(books.enquire("second"), None);
    assert_eq!(
        instruct(&mut books, "first", transfer("2", "1", "1")),
        first
    );
}

#[test]
fn a_customer_is_found_by_every_identifier_in_any_form_of_it() {
    let books = books();
    let found = |id_type, value| {
        let customer = books.find_customer(id_type, value);
        customer.map(|customer| customer.account.as_str())
    };
    assert_eq!(found(IdType::Msisdn, "254700000001"), Some("1"));
    assert_eq!(found(IdType::Msisdn, "+254 700 000001"), Some("1"));
    assert_eq!(found(IdType::Alias, "payee"), Some("1"));
    assert_eq!(found(IdType::Email, "payee"), None);
    assert_eq!(found(IdType::Msisdn, "46733123450"), None);
    assert_eq!(found(IdType::Msisdn, "nonsense"), None);
}

#[test]
fn customers_and_the_funding_have_a_balance_to_ask_for_and_the_banks_earnings_have_none() {
    let mut books = books();
    instruct(&mut books, "item", set_aside("2", "20")).unwrap();
    let balance = books.balance(&account("2")).unwrap();
    assert_eq!(
        (balance.balance, balance.available),
        (kes("500"), kes("480"))
    );
    assert!(books.balance(&account(PAYS_PAYEES)).is_some());
    for number in ["fees", OPENING_ACCOUNT, "9"] {
        assert_eq!(books.balance(&account(number)), None);
    }
}

#[derive(Debug, Clone)]
enum AnyOrder {
    Transfer(Transfer),
    SetAside(SetAside),
    Spend(Spend),
    GiveBack(GiveBack),
}

/// Orders that are possible often enough, and impossible often enough.
fn orders() -> impl Strategy<Value = AnyOrder> {
    let number = || prop_oneof![4 => "[1-6]", 1 => Just(PAYS_PAYEES.to_owned())];
    let amount = || (0i64..40_000).prop_map(|minor| kes(&Decimal::new(minor, 2).to_string()));
    let transfers = (number(), number(), amount()).prop_map(|(from, to, amount)| Transfer {
        from: AccountNumber::new(from),
        to: AccountNumber::new(to),
        amount,
    });
    let set_asides = (number(), amount()).prop_map(|(number, amount)| SetAside {
        account: AccountNumber::new(number),
        amount,
    });
    prop_oneof![
        2 => transfers.prop_map(AnyOrder::Transfer),
        3 => set_asides.prop_map(AnyOrder::SetAside),
        2 => "[a-h]".prop_map(|set_aside| AnyOrder::Spend(Spend { set_aside })),
        1 => "[a-h]".prop_map(|set_aside| AnyOrder::GiveBack(GiveBack { set_aside })),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_the_books_balance_and_nobody_spends_what_he_has_not(
        instructions in prop::collection::vec(("[a-h]", orders(), any::<bool>()), 1..60),
    ) {
        let mut books = books();
        for (reference, order, forgetful) in instructions {
            assert_stays_in_order(&mut books, |books| match order {
                AnyOrder::Transfer(order) => books.instruct(&reference, order, forgetful),
                AnyOrder::SetAside(order) => books.instruct(&reference, order, forgetful),
                AnyOrder::Spend(order) => books.instruct(&reference, order, forgetful),
                AnyOrder::GiveBack(order) => books.instruct(&reference, order, forgetful),
            });
        }
    }
}
