//! The accounts that come with the connector: those of the file in the first
//! currency, and some in each of the others.
//!
//! An account in another currency has its code at the end of its number. Two
//! customers have one: a payee first, then a payer.

use toml::{Table, Value};

use crate::{
    domain::identifier::{IdType, PartyIdentifier},
    environment::answers,
};

/// The accounts of the file, and those in the other currencies.
pub fn completed(mut accounts: Table) -> Table {
    let mut currencies = Vec::new();
    let mut customers = match accounts.remove("customers") {
        Some(Value::Array(customers)) => customers,
        _ => Vec::new(),
    };
    let others = answers::CURRENCIES.split(',').map(str::trim).skip(1);
    for (index, code) in others.enumerate() {
        currencies.push(Value::Table(own_accounts(&accounts, code)));
        for (number, first_name) in [(1, "John"), (2, "Joshua")] {
            let customer = customer(first_name, code, index * 10 + number);
            customers.push(Value::Table(customer));
        }
    }
    accounts.insert("currencies".to_owned(), Value::Array(currencies));
    accounts.insert("customers".to_owned(), Value::Array(customers));
    accounts
}

/// What the bank has in the first currency, in another one.
fn own_accounts(of_first_currency: &Table, code: &str) -> Table {
    let in_other_currency = |(key, value): (&String, &Value)| {
        let value = match value {
            Value::String(_) if key == "currency" => Value::from(code),
            Value::String(account) => Value::from(format!("{account}-{code}")),
            balance => balance.clone(),
        };
        (key.clone(), value)
    };
    of_first_currency.iter().map(in_other_currency).collect()
}

fn customer(first_name: &str, code: &str, number: usize) -> Table {
    let identifiers = IdType::ALL.into_iter().filter_map(|id_type| {
        let value = match id_type {
            IdType::Msisdn => format!("2547000002{number:02}"),
            IdType::AccountId => format!("10001{number:02}"),
            IdType::Iban => return iban(number).map(|iban| format!("{id_type} {iban}")),
            IdType::PersonalId => format!("19900515-10001{number:02}"),
            IdType::Business => format!("abroad-{number}"),
            IdType::Email => format!("abroad.{number}@example.com"),
            IdType::Device => format!("3569380356439{number:02}"),
            IdType::Alias => format!("abroad.{number}"),
        };
        Some(format!("{id_type} {value}"))
    });
    let identifiers: Vec<Value> = identifiers.map(Value::from).collect();
    let texts = [
        ("account", format!("10001{number:02}-{code}")),
        ("currency", code.to_owned()),
        ("first_name", first_name.to_owned()),
        ("last_name", format!("of the {code}")),
    ];
    let mut customer: Table = texts
        .into_iter()
        .map(|(key, text)| (key.to_owned(), Value::from(text)))
        .collect();
    customer.insert("identifiers".to_owned(), Value::Array(identifiers));
    customer.insert("balance".to_owned(), Value::from(5_000));
    customer
}

/// An IBAN whose check digits are right.
fn iban(number: usize) -> Option<String> {
    (2..=98)
        .map(|check_digits| format!("ZZ{check_digits:02}TEST00000010001{number:02}"))
        .find(|iban| PartyIdentifier::parse(IdType::Iban, iban, None, None).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bank_has_the_same_accounts_in_another_currency() {
        let accounts = "currency = \"KES\"\naccount = \"9\"\nbalance = 7\n";
        let accounts: Table = accounts.parse().unwrap();
        let expected = "currency = \"UGX\"\naccount = \"9-UGX\"\nbalance = 7\n";
        let expected: Table = expected.parse().unwrap();
        assert_eq!(own_accounts(&accounts, "UGX"), expected);
    }

    #[test]
    fn a_customer_has_an_identifier_of_every_kind() {
        let customer = customer("John", "UGX", 1);
        let identifiers = customer["identifiers"].as_array().unwrap();
        assert_eq!(identifiers.len(), IdType::ALL.len());
    }
}
