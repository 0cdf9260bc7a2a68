//! The accounts that the sandbox bank starts with, as a file says.

use std::{
    collections::HashSet,
    fmt, io,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use super::{built_in, chart::Funding, ledger::OPENING_ACCOUNT};
use crate::domain::{
    amount::{Amount, AmountError},
    currency::Currency,
    identifier::{IdType, PartyIdentifier},
    information::PostalAddress,
    party::{AccountNumber, AccountStatus, Customer},
};
use crate::environment::currencies::variable_name;

/// The accounts that the sandbox bank starts with. A seed has been checked.
#[derive(Debug, Clone)]
pub struct Seed {
    /// One for each currency, the first one first.
    pub(super) own_accounts: Vec<OwnAccounts>,
    pub(super) customers: Vec<SeedCustomer>,
}

/// The bank's own accounts in one currency.
#[derive(Debug, Clone)]
pub(super) struct OwnAccounts {
    pub currency: Currency,
    pub funding: Funding,
    pub fee_account: AccountNumber,
}

/// A customer of the seed, and what his account may do.
#[derive(Debug, Clone)]
pub(super) struct SeedCustomer {
    pub customer: Customer,
    pub identifiers: Vec<PartyIdentifier>,
    pub balance: Amount,
    pub transaction_limit: Option<Amount>,
    pub maximum_balance: Option<Amount>,
}

/// Why a file is not a seed.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error("the seed file {} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the seed is not TOML: {0}")]
    NotToml(#[from] toml::de::Error),
    #[error("the seed has {} problem(s):{}", .0.len(), as_lines(.0))]
    Wrong(Vec<SeedProblem>),
}

/// One thing that is wrong with a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedProblem {
    /// The account that it concerns; `None` if it concerns the bank.
    pub account: Option<String>,
    pub message: String,
}

impl fmt::Display for SeedProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.account {
            Some(account) => write!(formatter, "account {account}: {}", self.message),
            None => write!(formatter, "bank: {}", self.message),
        }
    }
}

fn as_lines(problems: &[SeedProblem]) -> String {
    problems
        .iter()
        .map(|problem| format!("\n- {problem}"))
        .collect()
}

impl Seed {
    /// Reads a seed from a file.
    pub fn read(path: &Path) -> Result<Self, SeedError> {
        let text = std::fs::read_to_string(path).map_err(|source| SeedError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text)
    }

    /// The seed that comes with the connector.
    pub fn built_in() -> Result<Self, SeedError> {
        Self::completed(include_str!("../../../sandbox/accounts.toml"))
    }

    /// A seed in every currency that the connector was generated for, from the
    /// text of a file in the first.
    pub fn completed(text: &str) -> Result<Self, SeedError> {
        Self::of(built_in::completed(text.parse()?))
    }

    /// What a connector to this bank has to be configured with.
    pub fn variables(&self) -> Vec<(String, String)> {
        self.own_accounts
            .iter()
            .flat_map(|own| {
                let variables = own.funding.variables().into_iter();
                variables.map(|(name, value)| (variable_name(name, own.currency), value))
            })
            .collect()
    }

    /// What the bank's accounts are kept in.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.own_accounts.iter().map(|own| own.currency)
    }

    /// Identifiers of this kind that belong to customers who take part in payments.
    pub fn active_identifiers(&self, id_type: IdType) -> impl Iterator<Item = &PartyIdentifier> {
        self.customers
            .iter()
            .filter(|seeded| seeded.customer.status == AccountStatus::Active)
            .flat_map(|seeded| &seeded.identifiers)
            .filter(move |identifier| identifier.id_type() == id_type)
    }

    /// Reads a seed from the text of a file, and finds every problem of it.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        Self::of(text.parse()?)
    }

    fn of(accounts: Table) -> Result<Self, SeedError> {
        let mut problems = Vec::new();
        let seed = read_bank(accounts, &mut problems);
        match seed {
            Some(seed) if problems.is_empty() => Ok(seed),
            _ => Err(SeedError::Wrong(problems)),
        }
    }
}

/// Takes the values out of one table of the file, and notes what is wrong with
/// them. A value that is wrong reads as absent, so that reading goes on.
pub struct TableReader<'a> {
    table: Table,
    account: Option<String>,
    taken: &'a mut Taken,
    problems: &'a mut Vec<SeedProblem>,
}

impl TableReader<'_> {
    fn problem(&mut self, message: impl Into<String>) {
        self.problems.push(SeedProblem {
            account: self.account.clone(),
            message: message.into(),
        });
    }

    /// The value of a key that must be there.
    pub fn needed<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Self, &str) -> Option<T>,
    ) -> Option<T> {
        if !self.table.contains_key(key) {
            self.problem(format!("{key} is missing"));
        }
        read(self, key)
    }

    /// The number of an account of the bank's own.
    pub fn own_account(&mut self, key: &str) -> Option<AccountNumber> {
        let account = self.needed(key, Self::text)?;
        if !self.taken.accounts.insert(account.clone()) {
            self.problem(format!("the account {account} is taken already"));
        }
        Some(AccountNumber::new(account))
    }

    fn currency(&mut self, key: &str) -> Option<Currency> {
        let code = self.text(key)?;
        let currency = code.parse();
        currency
            .map_err(|error| self.problem(format!("{key}: {error}")))
            .ok()
    }

    fn text(&mut self, key: &str) -> Option<String> {
        match self.table.remove(key)? {
            Value::String(text) if !text.trim().is_empty() => Some(text),
            _ => {
                self.problem(format!("{key} is a text in quotes, and not an empty one"));
                None
            }
        }
    }

    fn date(&mut self, key: &str) -> Option<String> {
        let text = match self.table.remove(key)? {
            Value::String(text) => text,
            Value::Datetime(date) => date.to_string(),
            // Not a date either, and said so below.
            _ => String::new(),
        };
        let is_date = text.len() == "YYYY-MM-DD".len() && text.parse::<jiff::civil::Date>().is_ok();
        if !is_date {
            self.problem(format!("{key} is a date such as 1990-05-15"));
        }
        is_date.then_some(text)
    }

    /// Without a currency, an amount cannot be read: the missing currency is
    /// then the problem.
    pub fn amount(&mut self, key: &str, currency: Option<Currency>) -> Option<Amount> {
        let value = self.table.remove(key)?;
        let currency = currency?;
        let parsed = match value {
            Value::Integer(whole) => Amount::parse(&whole.to_string(), currency),
            Value::String(text) => Amount::parse(&text, currency),
            _ => {
                self.problem(format!(
                    "{key} is a whole number, or a text such as \"12.50\""
                ));
                return None;
            }
        };
        match parsed {
            Ok(amount) => Some(amount),
            Err(error) => {
                self.problem(format!("{key}: {error}"));
                None
            }
        }
    }

    fn status(&mut self, key: &str) -> Option<AccountStatus> {
        match self.text(key)?.as_str() {
            "active" => Some(AccountStatus::Active),
            "blocked" => Some(AccountStatus::Blocked),
            "closed" => Some(AccountStatus::Closed),
            _ => {
                self.problem(format!("{key} is active, blocked or closed"));
                None
            }
        }
    }

    fn identifiers(&mut self, key: &str) -> Option<Vec<PartyIdentifier>> {
        let texts = match self.table.remove(key)? {
            Value::Array(values) if !values.is_empty() => values,
            _ => {
                self.problem(format!("{key} is a list with at least one text"));
                return None;
            }
        };
        let identifiers = texts
            .iter()
            .filter_map(|text| match read_identifier(text) {
                Ok(identifier) => Some(identifier),
                Err(message) => {
                    self.problem(message);
                    None
                }
            })
            .collect();
        Some(identifiers)
    }

    /// Notes the keys that nobody asked for: most are misspelt.
    fn finish(mut self) {
        for key in std::mem::take(&mut self.table).keys() {
            self.problem(format!("{key} is not a setting of the seed"));
        }
    }
}

/// Reads a part of a seed, and says what is wrong with it.
#[cfg(test)]
pub fn read_table<T>(
    text: &str,
    read: impl FnOnce(&mut TableReader<'_>) -> Option<T>,
) -> (Option<T>, Vec<SeedProblem>) {
    let mut problems = Vec::new();
    let mut reader = TableReader {
        table: text.parse().unwrap(),
        account: None,
        taken: &mut Taken::default(),
        problems: &mut problems,
    };
    let part = read(&mut reader);
    reader.finish();
    (part, problems)
}

/// Reads `KIND value`.
fn read_identifier(value: &Value) -> Result<PartyIdentifier, String> {
    let text = value
        .as_str()
        .ok_or("an identifier is a text in quotes such as \"MSISDN 265998571175\"")?;
    let not_one = || format!("\"{text}\" is not an identifier such as \"MSISDN 265998571175\"");
    let (kind, value) = text.split_once(' ').ok_or_else(not_one)?;
    let id_type: IdType = kind.parse().map_err(|_| not_one())?;
    let identifier = PartyIdentifier::parse(id_type, value, None, None)
        .map_err(|error| format!("\"{text}\": {error}"))?;
    // Only the canonical form is ever looked up.
    let national = id_type == IdType::Msisdn && value.starts_with('0');
    if identifier.canonical() != value || national {
        return Err(format!(
            "\"{text}\" is not in canonical form (an MSISDN is international digits, \
             without plus sign, spaces or leading zero)"
        ));
    }
    Ok(identifier)
}

/// What no second customer can have.
#[derive(Default)]
pub struct Taken {
    accounts: HashSet<String>,
    identifiers: HashSet<(IdType, String)>,
}

fn read_bank(mut table: Table, problems: &mut Vec<SeedProblem>) -> Option<Seed> {
    let mut taken = Taken::default();
    taken.accounts.insert(OPENING_ACCOUNT.to_owned());
    let currency_tables = tables(&mut table, "currencies", problems);
    let customer_tables = tables(&mut table, "customers", problems);

    let mut own_accounts = Vec::new();
    let mut currencies = Vec::new();
    for table in std::iter::once(table).chain(currency_tables) {
        let mut reader = TableReader {
            table,
            account: None,
            taken: &mut taken,
            problems,
        };
        let currency = reader.needed("currency", TableReader::currency);
        if currency.is_some_and(|currency| currencies.contains(&currency)) {
            reader.problem("a currency is there twice");
        }
        own_accounts.push(read_own_accounts(&mut reader, currency));
        reader.finish();
        currencies.extend(currency);
    }

    let mut customers = Vec::new();
    for (index, table) in customer_tables.into_iter().enumerate() {
        let named = table.get("account").and_then(Value::as_str);
        let account = named.map_or_else(|| format!("number {}", index + 1), str::to_owned);
        let mut reader = TableReader {
            table,
            account: Some(account),
            taken: &mut taken,
            problems,
        };
        let customer = read_customer(&mut reader, &currencies);
        reader.finish();
        customers.extend(customer);
    }

    let own_accounts: Vec<OwnAccounts> = own_accounts.into_iter().collect::<Option<_>>()?;
    for own in &own_accounts {
        if let Err(error) = total(own, &customers) {
            problems.push(SeedProblem {
                account: None,
                message: format!("the sum of all balances: {error}"),
            });
        }
    }
    Some(Seed {
        own_accounts,
        customers,
    })
}

/// Takes the tables out that are written as `[[name]]`.
fn tables(table: &mut Table, name: &str, problems: &mut Vec<SeedProblem>) -> Vec<Table> {
    let mut tables = Vec::new();
    let not_tables = match table.remove(name) {
        None => false,
        Some(Value::Array(values)) => values.into_iter().fold(false, |wrong, value| match value {
            Value::Table(table) => {
                tables.push(table);
                wrong
            }
            _ => true,
        }),
        Some(_) => true,
    };
    if not_tables {
        problems.push(SeedProblem {
            account: None,
            message: format!("{name} are written as [[{name}]]"),
        });
    }
    tables
}

fn read_own_accounts(
    reader: &mut TableReader<'_>,
    currency: Option<Currency>,
) -> Option<OwnAccounts> {
    let funding = Funding::read(reader, currency);
    let fee_account = reader.own_account("fee_account");
    Some(OwnAccounts {
        currency: currency?,
        funding: funding?,
        fee_account: fee_account?,
    })
}

/// What is on all accounts of a currency together.
fn total(own: &OwnAccounts, customers: &[SeedCustomer]) -> Result<Amount, AmountError> {
    let of_bank = own.funding.accounts().into_iter();
    let of_bank = of_bank.map(|(_, _, balance)| Amount::new(balance, own.currency));
    let of_customers = customers
        .iter()
        .filter(|one| one.customer.currency == own.currency)
        .map(|one| Ok(one.balance));
    of_bank
        .chain(of_customers)
        .try_fold(Amount::zero(own.currency), |total, balance| {
            total.plus(balance?)
        })
}

fn read_customer(reader: &mut TableReader<'_>, currencies: &[Currency]) -> Option<SeedCustomer> {
    let first_currency = currencies.first().copied();
    let currency = reader.currency("currency").or(first_currency);
    if currency.is_some_and(|currency| !currencies.contains(&currency)) {
        reader.problem("the bank has no accounts in this currency");
    }
    let account = reader.needed("account", TableReader::text);
    let identifiers = reader.needed("identifiers", TableReader::identifiers);
    let balance = reader.needed("balance", |reader, key| reader.amount(key, currency));
    let status = reader.status("status").unwrap_or(AccountStatus::Active);
    let first_name = reader.text("first_name");
    let middle_name = reader.text("middle_name");
    let last_name = reader.text("last_name");
    let date_of_birth = reader.date("date_of_birth");
    let merchant_classification_code = reader.text("merchant_classification_code");
    let address = PostalAddress {
        street_name: reader.text("street_name"),
        building_number: reader.text("building_number"),
        post_code: reader.text("post_code"),
        town_name: reader.text("town_name"),
        country_subdivision: reader.text("country_subdivision"),
        country: reader.text("country"),
    };
    let transaction_limit = reader.amount("transaction_limit", currency);
    let maximum_balance = reader.amount("maximum_balance", currency);

    if let Some(account) = &account
        && !reader.taken.accounts.insert(account.clone())
    {
        reader.problem("the account is there twice, or is one of the bank's own");
    }
    for identifier in identifiers.iter().flatten() {
        let key = (identifier.id_type(), identifier.canonical().to_owned());
        let written = format!("\"{} {}\"", key.0, key.1);
        if !reader.taken.identifiers.insert(key) {
            reader.problem(format!("{written} is there twice"));
        }
    }
    if let Some(code) = &merchant_classification_code {
        let four_digits = code.len() == 4 && code.bytes().all(|byte| byte.is_ascii_digit());
        if !four_digits {
            reader.problem("merchant_classification_code is four digits in quotes");
        }
    }
    if let (Some(balance), Some(maximum)) = (balance, maximum_balance)
        && balance.value() > maximum.value()
    {
        reader.problem("the balance is above maximum_balance");
    }
    Some(SeedCustomer {
        customer: Customer {
            account: AccountNumber::new(account?),
            status,
            currency: currency?,
            first_name,
            middle_name,
            last_name,
            date_of_birth,
            merchant_classification_code,
            address: address.if_known(),
        },
        identifiers: identifiers?,
        balance: balance?,
        transaction_limit,
        maximum_balance,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::bank::chart::example::{PAYS_PAYEES, SEED};

    fn problems_of(text: &str) -> Vec<String> {
        match Seed::parse(text) {
            Err(SeedError::Wrong(problems)) => problems.iter().map(ToString::to_string).collect(),
            other => panic!("expected problems, got {other:?}"),
        }
    }

    #[test]
    fn the_built_in_seed_has_somebody_of_every_kind_of_identifier() {
        let seed = Seed::built_in().unwrap();
        for id_type in IdType::ALL {
            let mut identifiers = seed.customers.iter().flat_map(|one| &one.identifiers);
            assert!(
                identifiers.any(|identifier| identifier.id_type() == id_type),
                "{id_type}"
            );
        }
    }

    #[test]
    fn the_built_in_seed_has_the_people_of_the_examples_and_not_the_stranger() {
        let seed = Seed::built_in().unwrap();
        let find = |number: &str| {
            seed.customers.iter().find(|one| {
                let mut identifiers = one.identifiers.iter();
                identifiers.any(|identifier| identifier.canonical() == number)
            })
        };
        let payee = &find("265998571175").unwrap().customer;
        assert_eq!(payee.display_name(), "John Alexander Doe");
        assert_eq!(payee.date_of_birth.as_deref(), Some("1990-05-15"));
        let payer = find("971938765").unwrap();
        assert_eq!(payer.customer.display_name(), "Joshua Karame");
        assert_eq!(payer.customer.date_of_birth.as_deref(), Some("2001-01-01"));
        assert_eq!(payer.balance.to_string(), "5000");
        assert!(find("46733123450").is_none());
    }

    #[test]
    fn every_problem_is_listed_with_its_account() {
        let bank = format!("currency = \"KES\"\nfee_account = \"{PAYS_PAYEES}\"\n{SEED}");
        let problems = problems_of(&format!(
            r#"{bank}
            curency = true

            [[customers]]
            account = "7"
            transaction_limit = 10.5
            identifiers = ["MSISDN +265998571175", "MSISDN 0998571175", "PHONE 1", "ALIAS twin"]
            balance = -1
            status = "asleep"
            date_of_birth = "15.5.1990"
            merchant_classification_code = "shoes"
            nickname = "J"

            [[customers]]
            account = "8"
            identifiers = ["ALIAS twin", "ALIAS other"]
            balance = "12.50"
            maximum_balance = 12

            [[customers]]
            account = "8"
            identifiers = []
            balance = "0.001"

            [[customers]]
            "#
        ));
        for expected in [
            &format!("bank: the account {PAYS_PAYEES} is taken already"),
            "account 7: transaction_limit is a whole number, or a text such as \"12.50\"",
            "bank: curency is not a setting of the seed",
            "account 7: \"PHONE 1\" is not an identifier such as \"MSISDN 265998571175\"",
            "account 7: balance: an amount is a plain decimal number such as 150 or 12.5, \
             without sign or exponent",
            "account 7: status is active, blocked or closed",
            "account 7: date_of_birth is a date such as 1990-05-15",
            "account 7: merchant_classification_code is four digits in quotes",
            "account 7: nickname is not a setting of the seed",
            "account 8: \"ALIAS twin\" is there twice",
            "account 8: the account is there twice, or is one of the bank's own",
            "account 8: the balance is above maximum_balance",
            "account 8: identifiers is a list with at least one text",
            "account 8: balance: an amount of KES has at most 2 decimals",
            "account number 4: account is missing",
            "account number 4: identifiers is missing",
            "account number 4: balance is missing",
        ] {
            let count = problems.iter().filter(|one| *one == expected).count();
            assert_eq!(count, 1, "{expected}\n{problems:#?}");
        }
        for number in ["+265998571175", "0998571175"] {
            let problem = problems.iter().find(|one| one.contains(number));
            assert!(problem.unwrap().contains("not in canonical form"));
        }
        assert_eq!(problems.len(), 19, "{problems:#?}");
    }

    #[test]
    fn an_account_belongs_to_one_customer_and_not_to_the_bank() {
        let seed = |account: &str| {
            format!(
                r#"
                currency = "UGX"
                fee_account = "91"
                {SEED}
                customers = [
                    {{ account = "7", identifiers = ["ALIAS a"], balance = 1 }},
                    {{ account = "{account}", identifiers = ["ALIAS b"], balance = 1 }},
                ]
                "#
            )
        };
        for taken in ["7", PAYS_PAYEES, "91", OPENING_ACCOUNT] {
            assert_eq!(
                problems_of(&seed(taken)),
                [format!(
                    "account {taken}: the account is there twice, or is one of the bank's own"
                )]
            );
        }
        assert!(Seed::parse(&seed("8")).is_ok());
    }

    #[test]
    fn a_bank_has_accounts_in_several_currencies() {
        let of_kes = format!("currency = \"KES\"\nfee_account = \"fees\"\n{SEED}");
        let in_other_currency = |code: &str| {
            // The numbers of the accounts end otherwise.
            let of_other = of_kes.replace("\"\n", "-2\"\n").replace("KES-2", code);
            format!(
                "{of_kes}[[currencies]]\n{of_other}\n[[customers]]\naccount = \"7\"\n\
                 currency = \"UGX\"\nidentifiers = [\"ALIAS a\"]\nbalance = 5\n\
                 [[customers]]\naccount = \"8\"\nidentifiers = [\"ALIAS b\"]\nbalance = 5\n"
            )
        };
        let seed = Seed::parse(&in_other_currency("UGX")).unwrap();
        let mut customers = seed
            .customers
            .iter()
            .map(|one| one.customer.currency.code());
        assert!(customers.by_ref().eq(["UGX", "KES"]));
        let mut currencies = seed.own_accounts.iter().map(|own| own.currency.code());
        assert!(currencies.by_ref().eq(["KES", "UGX"]));
        assert_eq!(
            problems_of(&in_other_currency("KES")),
            [
                "bank: a currency is there twice",
                "account 7: the bank has no accounts in this currency",
            ]
        );
    }

    #[test]
    fn a_wrong_currency_does_not_hide_the_other_problems() {
        let problems = problems_of(&format!("currency = \"XXX\"\nfee_account = 5\n{SEED}"));
        assert_eq!(
            problems,
            [
                "bank: currency: 'XXX' is not a currency of ISO 4217 that payments can be made in",
                "bank: fee_account is a text in quotes, and not an empty one",
            ]
        );
    }

    #[test]
    fn what_is_not_toml_or_not_there_is_said_so() {
        assert!(matches!(
            Seed::parse("currency ="),
            Err(SeedError::NotToml(_))
        ));
        let missing = Seed::read(Path::new("no/such/accounts.toml")).unwrap_err();
        assert!(missing.to_string().contains("no/such/accounts.toml"));
    }
}
