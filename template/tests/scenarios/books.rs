//! What has to be in the bank's books.

use core_connector::{domain::reference::Reference, sandbox::bank::SandboxBank};
use rust_decimal::Decimal;

/// A movement of money: the accounts it touches in alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Posting {
    reference: String,
    entries: Vec<(String, Decimal)>,
}

/// Money that is set aside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Hold {
    reference: String,
    account: String,
    amount: Decimal,
}

/// What a payment has left in the books so far.
#[derive(Debug, Clone, Default)]
pub struct Booked {
    postings: Vec<Posting>,
    holds: Vec<Hold>,
}

impl Booked {
    pub fn nothing() -> Self {
        Self::default()
    }

    /// And money was moved. Entries of zero are left out of the books.
    pub fn posting<const N: usize>(
        mut self,
        reference: Reference,
        entries: [(String, Decimal); N],
    ) -> Self {
        let mut entries: Vec<_> = entries
            .into_iter()
            .filter(|(_, amount)| !amount.is_zero())
            .map(|(account, amount)| (account, amount.normalize()))
            .collect();
        entries.sort();
        self.postings.push(Posting {
            reference: reference.to_string(),
            entries,
        });
        self
    }

    /// And money is set aside.
    #[allow(dead_code, reason = "not every bank sets money aside")]
    pub fn hold(mut self, reference: Reference, account: String, amount: Decimal) -> Self {
        self.holds.push(Hold {
            reference: reference.to_string(),
            account,
            amount: amount.normalize(),
        });
        self
    }
}

/// The books balance and hold exactly what these payments have left in them,
/// and no instruction that the bank had acted on was given to it again.
#[track_caller]
pub fn assert_books<const N: usize>(bank: &SandboxBank, booked: [Booked; N]) {
    let report = bank.ledger();
    assert!(report.balanced, "{report:#?}");
    let opening = report.postings.first().unwrap().number;
    let mut posted: Vec<_> = report
        .postings
        .into_iter()
        .filter(|posting| posting.number != opening)
        .map(|posting| {
            let entries = posting.entries.into_iter();
            let mut entries: Vec<_> = entries.map(|entry| (entry.account, entry.amount)).collect();
            entries.sort();
            Posting {
                reference: posting.reference,
                entries,
            }
        })
        .collect();
    let open = report.open_holds.into_iter().map(|hold| Hold {
        reference: hold.reference,
        account: hold.account,
        amount: hold.amount,
    });
    let mut open: Vec<_> = open.collect();
    let (postings, holds): (Vec<_>, Vec<_>) = booked
        .into_iter()
        .map(|booked| (booked.postings, booked.holds))
        .unzip();
    let mut postings = postings.concat();
    let mut holds = holds.concat();
    posted.sort();
    postings.sort();
    assert_eq!(posted, postings, "the postings");
    open.sort();
    holds.sort();
    assert_eq!(open, holds, "the open holds");
    assert_eq!(report.repeated_instructions, 0, "instructions given again");
}
