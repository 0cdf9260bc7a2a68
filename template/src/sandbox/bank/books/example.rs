//! A bank with a few customers, and an order of its own, to test with.

use std::fmt::Debug;

use serde::Deserialize;

use super::*;
use crate::sandbox::bank::chart::example::SEED;
pub use crate::sandbox::bank::chart::example::{COLLECTS_FROM_PAYERS, PAYS_PAYEES};

/// Customers 1 (100), 2 (500), 3 (500, at most 50 at a time), 4 (90 of at most
/// 100), 5 (500, blocked), 6 (500, closed); 1000 to pay payees from.
pub fn books() -> Books {
    let bank = format!("currency = \"KES\"\nfee_account = \"fees\"\n{SEED}");
    let customers = r#"
        customers = [
            { account = "1", identifiers = ["MSISDN 254700000001", "ALIAS payee"], balance = 100 },
            { account = "2", identifiers = ["MSISDN 254700000002"], balance = 500 },
            { account = "3", identifiers = ["ALIAS careful"], balance = 500, transaction_limit = 50 },
            { account = "4", identifiers = ["ALIAS full"], balance = 90, maximum_balance = 100 },
            { account = "5", identifiers = ["ALIAS blocked"], balance = 500, status = "blocked" },
            { account = "6", identifiers = ["ALIAS closed"], balance = 500, status = "closed" },
        ]
    "#;
    Books::new(Seed::parse(&format!("{bank}{customers}")).unwrap())
}

pub fn kes(amount: &str) -> Amount {
    Amount::parse(amount, "KES".parse().unwrap()).unwrap()
}

pub fn account(number: &str) -> AccountNumber {
    AccountNumber::new(number)
}

/// Moves money from one customer to another at once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Transfer {
    pub from: AccountNumber,
    pub to: AccountNumber,
    pub amount: Amount,
}

impl Order for Transfer {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        books.check_debit(&self.from, self.amount)?;
        books.check_credit(&self.to, self.amount)?;
        let entries = vec![
            Entry {
                account: self.from.clone(),
                amount: -self.amount.value(),
            },
            Entry {
                account: self.to.clone(),
                amount: self.amount.value(),
            },
        ];
        books.post(reference, "transfer", entries)?;
        Ok(())
    }
}

pub fn transfer(from: &str, to: &str, amount: &str) -> Transfer {
    Transfer {
        from: account(from),
        to: account(to),
        amount: kes(amount),
    }
}

pub fn instruct(books: &mut Books, reference: &str, order: impl Order) -> Answer {
    books.instruct(reference, order, false)
}

pub fn instruct_forgetful(books: &mut Books, reference: &str, order: impl Order) -> Answer {
    books.instruct(reference, order, true)
}

/// What is on an account, and how much of it is available, as text.
pub fn funds(books: &Books, number: &str) -> (String, String) {
    let report = books.report();
    let account = report.account(number).unwrap();
    (account.balance.to_string(), account.available.to_string())
}

pub fn two(balance: &str, available: &str) -> (String, String) {
    (balance.to_owned(), available.to_owned())
}

/// Tells an untouched bank, and expects the refusal and a bank still untouched.
#[track_caller]
pub fn assert_refused(order: impl Order + Debug, refusal: Refusal) {
    let mut books = books();
    let before = books.report();
    let described = format!("{order:?}");
    let answer = instruct(&mut books, "r", order);
    assert_eq!(answer, Err(refusal), "{described}");
    assert_eq!(books.report(), before, "{described}");
    assert_eq!(books.enquire("r"), Some(&Err(refusal)), "{described}");
}

/// Does this to the books, and expects that they balance, that nobody has
/// spent what he has not, and that a refusal has moved nothing.
#[track_caller]
pub fn assert_stays_in_order(books: &mut Books, instruct: impl FnOnce(&mut Books) -> Answer) {
    let before = books.report();
    let answer = instruct(books);
    let after = books.report();
    assert!(after.balanced, "{after:#?}");
    for one in &after.accounts {
        let may_be_negative = one.kind.may_be_overdrawn();
        assert!(may_be_negative || one.available >= Decimal::ZERO, "{one:?}");
        assert!(one.held >= Decimal::ZERO, "{one:?}");
    }
    for record in books.customers.values() {
        assert!(record.expected_credits >= Decimal::ZERO, "{record:?}");
    }
    if answer.is_err() {
        assert_eq!(before.accounts, after.accounts);
        assert_eq!(before.postings, after.postings);
        assert_eq!(before.open_holds, after.open_holds);
    }
}
