//! The bank's customers: enough of them, and with enough money, that what a run does is
//! not decided by whoever was first.

use std::fmt::Write;

use super::{cents::Cents, patterns::Pattern};

pub const FLOAT_ACCOUNT: &str = "9000001";
pub const FEE_ACCOUNT: &str = "9000002";

const FLOAT_BALANCE: i64 = 500_000_000;
const CUSTOMER_BALANCE: i64 = 5_000_000;

/// How many there are who can pay and be paid.
const ACTIVE: u64 = 20;

/// One of them has little money, one cannot be paid.
const POOR: u64 = 20;
const BLOCKED: u64 = 21;

/// Whose telephone is not answered, and who always declines.
const NEVER_ANSWERS: u64 = 0;
const DECLINES: u64 = 1;

/// A customer of the sandbox bank.
#[derive(Debug, Clone, Copy)]
pub struct Customer(u64);

impl Customer {
    /// One who has the money, and whom the bank lets pay.
    pub fn solvent(rng: &mut fastrand::Rng) -> Self {
        Self(rng.u64(0..ACTIVE))
    }

    /// Mostly one who can pay and be paid.
    pub fn any(rng: &mut fastrand::Rng) -> Self {
        Self(match rng.u32(0..100) {
            0 | 1 => POOR,
            2 => BLOCKED,
            _ => rng.u64(0..ACTIVE),
        })
    }

    pub fn account(self) -> String {
        format!("{}", 2_000_000 + self.0)
    }

    pub fn msisdn(self) -> String {
        format!("{}", 220_700_000_000 + self.0)
    }

    fn balance(self) -> i64 {
        if self.0 == POOR { 3 } else { CUSTOMER_BALANCE }
    }
}

/// The file that the sandbox bank reads.
pub fn seed() -> String {
    let mut text = format!(
        "currency = \"GMD\"\nfloat_account = \"{FLOAT_ACCOUNT}\"\n\
         float_balance = {FLOAT_BALANCE}\nfee_account = \"{FEE_ACCOUNT}\"\n"
    );
    for customer in (0..=BLOCKED).map(Customer) {
        let (account, msisdn) = (customer.account(), customer.msisdn());
        let balance = customer.balance();
        let status = match customer.0 {
            BLOCKED => "blocked",
            _ => "active",
        };
        // Writing to a text does not fail.
        let _ = write!(
            text,
            "\n[[customers]]\naccount = \"{account}\"\n\
             identifiers = [\"MSISDN {msisdn}\", \"ACCOUNT_ID {account}\"]\n\
             first_name = \"Customer\"\nlast_name = \"Number {}\"\n\
             balance = {balance}\nstatus = \"{status}\"\n",
            customer.0
        );
    }
    text
}

/// What is on every account before the first payment.
pub fn opening_balances() -> Vec<(String, Cents)> {
    let whole = |amount: i64| Cents::new(amount * 100);
    let mut balances = vec![
        (FLOAT_ACCOUNT.to_owned(), whole(FLOAT_BALANCE)),
        (FEE_ACCOUNT.to_owned(), Cents::ZERO),
    ];
    let customers = (0..=BLOCKED).map(Customer);
    balances.extend(customers.map(|customer| (customer.account(), whole(customer.balance()))));
    balances
}

/// Who does not approve, by telephone, and what the bank is told of it.
pub fn telephones(pattern: &Pattern) -> Vec<(String, &'static str)> {
    if !pattern.customers_approve {
        return Vec::new();
    }
    vec![
        (Customer(NEVER_ANSWERS).msisdn(), "never"),
        (Customer(DECLINES).msisdn(), "decline"),
    ]
}
