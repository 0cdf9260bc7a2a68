//! What the bank posted, page by page.

use std::time::Duration;

use core_connector::{
    core_banking::port::{BankError, PostedTo, Posting, Postings},
    domain::{party::AccountNumber, period::Period, timestamp::Timestamp},
    sandbox::bank::{
        books::Books, faults::Operation, ledger::Entry, order::Order, refusal::Refusal,
    },
};
use serde_json::json;

use crate::bank::{Bank, PAYEE, account, amount, currency};
use crate::funding::PAYS_PAYEES;

/// A credit of 1, whatever it is that the bank is told to make it.
#[derive(Clone, PartialEq)]
struct Credit;

impl Order for Credit {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        let one = amount("1").value();
        let entry = |account: AccountNumber, amount| Entry { account, amount };
        let entries = vec![
            entry(account(PAYS_PAYEES), -one),
            entry(account(PAYEE), one),
        ];
        Ok(books.post(reference, "credit", entries)?)
    }
}

async fn post(bank: &Bank, reference: String) {
    let posted = bank.bank.call(Operation::BALANCE, move |books, forgetful| {
        books.instruct(&reference, Credit, forgetful)
    });
    posted.await.unwrap().unwrap();
}

async fn all(bank: &Bank, period: Period) -> Vec<Posting> {
    let (mut postings, mut page) = (Vec::new(), None::<String>);
    loop {
        let answer = bank.client.postings(period, page.as_deref()).await.unwrap();
        postings.extend(answer.postings);
        match answer.next {
            Some(next) => page = Some(next),
            None => return postings,
        }
    }
}

#[tokio::test]
async fn every_posting_of_a_period_is_listed_once_with_its_reference_and_all_its_entries() {
    let bank = Bank::open();
    let from = Timestamp::now();
    for number in 0..250 {
        post(&bank, format!("t-{number}:commit-credit")).await;
    }
    let until = Timestamp::now().after(Duration::from_millis(1));
    let postings = all(&bank, Period { from, until }).await;
    let references: Vec<_> = postings.iter().map(|one| one.reference.clone()).collect();
    let expected: Vec<_> = (0..250)
        .map(|number| format!("t-{number}:commit-credit"))
        .collect();
    assert_eq!(references, expected);
    let first = postings.first().unwrap();
    let mut entries: Vec<_> = first
        .entries
        .iter()
        .map(|entry| (entry.kind, entry.amount.to_string(), entry.currency))
        .collect();
    entries.sort_by_key(|(kind, ..)| *kind);
    assert_eq!(
        entries,
        [
            (PostedTo::Funding, "-1".to_owned(), currency()),
            (PostedTo::Customer, "1".to_owned(), currency()),
        ]
    );
    let later = Period {
        from: until,
        until: until.after(Duration::from_secs(60)),
    };
    assert_eq!(all(&bank, later).await, []);
}

#[tokio::test]
async fn a_bank_that_does_not_list_its_postings_has_not_listed_none() {
    let bank = Bank::open();
    bank.misbehaves(json!({ "operation": "list_postings", "fault": "fail" }));
    let now = Timestamp::now();
    let period = Period {
        from: now.before(Duration::from_secs(60)),
        until: now,
    };
    let failed = bank.client.postings(period, None).await;
    assert!(matches!(failed, Err(BankError::Failed(_))), "{failed:?}");
}
