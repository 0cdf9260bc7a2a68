//! The connectors that are tried: together they have every payee pattern and every way
//! to take the payer's money.

use anyhow::{Result, bail};

use super::memory::Direction;

/// A connector to be generated, and how its postings are found in the books.
#[derive(Debug)]
pub struct Pattern {
    pub name: &'static str,
    answers: &'static [(&'static str, &'static str)],
    /// What it is configured with for its fees.
    pub fees: &'static [(&'static str, &'static str)],
    /// The step that credits the payee, and the one that takes the credit back.
    pub credit: Step,
    /// The step that debits the payer, and the one that gives the money back.
    pub debit: Step,
    pub customers_approve: bool,
    /// Whether the bank looks whether the payer has the money before the scheme
    /// transfers it; otherwise its channel does.
    pub checks_funds: bool,
}

/// The steps whose references postings have.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub posted_by: &'static str,
    pub reversed_by: Option<&'static str>,
}

const ON_COMMIT: Step = Step {
    posted_by: "commit-credit",
    reversed_by: None,
};

const CAPTURED: Step = Step {
    posted_by: "commit-debit",
    reversed_by: None,
};

const AT_ONCE: Step = Step {
    posted_by: "reserve-debit",
    reversed_by: Some("release-debit"),
};

/// Everything else is as in the first question's default.
const COMMON: &[(&str, &str)] = &[
    ("cbs_name", "Harbour Core"),
    ("dfsp_name", "Harbour Bank"),
    ("fsp_id", "harbourbank"),
    ("country", "GM"),
    ("currency", "GMD"),
    ("id_types", "MSISDN,ACCOUNT_ID"),
];

pub const PATTERNS: &[Pattern] = &[
    Pattern {
        name: "reserve-hold",
        answers: &[
            ("payee_pattern", "reserve_commit"),
            ("payer_debit", "cbs_hold"),
            ("fees", "percent"),
        ],
        fees: &[
            ("PAYER_FEE_PERCENT", "1.5"),
            ("PAYER_FEE_MINIMUM", "0.25"),
            ("PAYEE_FEE_PERCENT", "0.5"),
            ("COMMISSION_PERCENT", "0"),
        ],
        credit: ON_COMMIT,
        debit: CAPTURED,
        customers_approve: false,
        checks_funds: true,
    },
    Pattern {
        name: "commit-reverse",
        answers: &[
            ("payee_pattern", "credit_on_commit"),
            ("payer_debit", "debit_then_reverse"),
            ("fees", "flat"),
            ("use_cases", "request_to_pay"),
        ],
        fees: &[
            ("PAYER_FEE_FLAT", "0.35"),
            ("PAYEE_FEE_FLAT", "0.15"),
            ("COMMISSION_FLAT", "0.05"),
        ],
        credit: ON_COMMIT,
        debit: AT_ONCE,
        customers_approve: false,
        checks_funds: true,
    },
    Pattern {
        name: "loan-channel",
        answers: &[
            ("payee_pattern", "loan_repayment"),
            ("confirm_loan_repayment", "true"),
            ("payer_debit", "dfsp_debits"),
            ("fees", "tiered"),
            ("use_cases", "bulk"),
        ],
        fees: &[
            ("PAYER_FEE_TIERS", "0:0.50+0%,100:0+1%"),
            ("PAYEE_FEE_TIERS", "0:0+0%,50:0.20+0%"),
            ("COMMISSION_TIERS", "0:0+0%"),
        ],
        credit: Step {
            posted_by: "reserve-credit",
            reversed_by: Some("release-credit"),
        },
        debit: CAPTURED,
        customers_approve: false,
        checks_funds: false,
    },
    Pattern {
        name: "reserve-approval",
        answers: &[
            ("payee_pattern", "reserve_commit"),
            ("payer_debit", "push_approval"),
            ("fees", "none"),
            ("use_cases", "conversion"),
        ],
        fees: &[],
        credit: ON_COMMIT,
        debit: AT_ONCE,
        customers_approve: true,
        checks_funds: true,
    },
];

impl Pattern {
    pub fn answers(&self) -> Vec<(&'static str, &'static str)> {
        [COMMON, self.answers].concat()
    }

    /// The step that moves the customer's money.
    pub fn step(&self, direction: Direction) -> Step {
        match direction {
            Direction::Incoming => self.credit,
            Direction::Outgoing => self.debit,
        }
    }
}

/// The patterns of these names, with commas between.
pub fn named(names: &str) -> Result<Vec<&'static Pattern>> {
    names
        .split(',')
        .map(|name| {
            let found = PATTERNS.iter().find(|pattern| pattern.name == name);
            let Some(pattern) = found else {
                let known: Vec<_> = PATTERNS.iter().map(|pattern| pattern.name).collect();
                bail!("there is no pattern {name:?}, only {}", known.join(", "));
            };
            Ok(pattern)
        })
        .collect()
}
