//! The bank's customers in these tests, with identifiers of every kind and in
//! whatever currency the connector was generated for.

use core_connector::{
    domain::{amount::Amount, currency::Currency, identifier::IdType},
    environment::answers,
    sandbox::bank::Seed,
};

pub use crate::currencies::other_currency;
use crate::funding;

/// What the bank earns.
pub const FEES: &str = "fees-1";

/// One for each customer, and one of nobody. Their check digits are right.
const IBANS: [&str; 8] = [
    "ZZ16TEST0000000001",
    "ZZ86TEST0000000002",
    "ZZ59TEST0000000003",
    "ZZ32TEST0000000004",
    "ZZ05TEST0000000005",
    "ZZ75TEST0000000006",
    "ZZ48TEST0000000007",
    "ZZ21TEST0000000008",
];

/// An account holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Customer {
    /// The payee.
    John,
    /// The payer, with 5000.
    Joshua,
    /// Has 3.
    Poor,
    /// Has 2000 and may move 50 at a time.
    Limited,
    /// Has 990 and may have 1000.
    NearlyFull,
    Blocked,
    Closed,
}

impl Customer {
    pub const ALL: [Self; 7] = [
        Self::John,
        Self::Joshua,
        Self::Poor,
        Self::Limited,
        Self::NearlyFull,
        Self::Blocked,
        Self::Closed,
    ];

    fn number(self) -> usize {
        1 + Self::ALL.iter().position(|one| *one == self).unwrap()
    }

    pub fn account(self) -> String {
        format!("account-{}", self.number())
    }

    /// The identifier that he is found by in the scheme.
    pub fn id_value(self) -> String {
        self.id_value_of(id_type())
    }

    pub fn id_value_of(self, id_type: IdType) -> String {
        let number = self.number();
        match id_type {
            IdType::Msisdn => format!("25470000010{number}"),
            IdType::AccountId => self.account(),
            IdType::Iban => IBANS[number - 1].to_owned(),
            IdType::PersonalId => format!("19900515-{number}"),
            IdType::Business => format!("business-{number}"),
            IdType::Email => format!("customer.{number}@example.com"),
            IdType::Device => format!("35693803564380{number}"),
            IdType::Alias => format!("alias.{number}"),
        }
    }

    fn seed(self) -> String {
        let identifiers: Vec<_> = IdType::ALL
            .into_iter()
            .map(|id_type| format!("\"{id_type} {}\"", self.id_value_of(id_type)))
            .collect();
        let (balance, more) = match self {
            Self::John => (
                1_000,
                "date_of_birth = \"1990-05-15\"\nstreet_name = \"Moi Avenue\"\n\
                 town_name = \"Nairobi\"\ncountry = \"KE\"",
            ),
            Self::Joshua => (5_000, "date_of_birth = \"2001-01-01\""),
            Self::Poor => (3, ""),
            Self::Limited => (2_000, "transaction_limit = 50"),
            Self::NearlyFull => (990, "maximum_balance = 1000"),
            Self::Blocked => (800, "status = \"blocked\""),
            Self::Closed => (0, "status = \"closed\""),
        };
        format!(
            "[[customers]]\naccount = \"{}\"\nidentifiers = [{}]\nfirst_name = \"{self:?}\"\n\
             last_name = \"Doe\"\nbalance = {balance}\n{more}\n",
            self.account(),
            identifiers.join(", "),
        )
    }
}

/// The accounts that the bank opens with.
pub fn seed() -> Seed {
    let customers: String = Customer::ALL.into_iter().map(Customer::seed).collect();
    Seed::completed(&format!(
        "currency = \"{}\"\n{}fee_account = \"{FEES}\"\n{customers}",
        answers::CURRENCY,
        funding::SEED,
    ))
    .unwrap()
}

/// What nobody is found by, in the form of the kind that the tests use.
pub fn stranger() -> &'static str {
    match id_type() {
        IdType::Iban => IBANS[Customer::ALL.len()],
        _ => "46733123450",
    }
}

/// The kind of identifier that the tests use: the first that this connector
/// was generated for.
pub fn id_type() -> IdType {
    let first = answers::SUPPORTED_ID_TYPE.split(',').next().unwrap();
    first.trim().parse().unwrap()
}

pub fn currency() -> Currency {
    answers::CURRENCY.parse().unwrap()
}

pub fn amount(text: &str) -> Amount {
    Amount::parse(text, currency()).unwrap()
}
