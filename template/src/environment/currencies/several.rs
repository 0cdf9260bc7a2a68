//! The currencies that accounts are kept in, and what is configured for each.

use crate::{
    domain::{
        currency::Currency,
        error::{ErrorCode, PaymentError},
    },
    environment::{Variables, answers},
};

/// The currencies that payments are made in. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currencies {
    first: Currency,
    others: Vec<Currency>,
}

impl Currencies {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        check_mode(variables);
        let name = "CURRENCIES";
        let codes = variables.text_or(name, answers::CURRENCIES);
        let mut currencies: Vec<Currency> = Vec::new();
        for code in codes.split(',') {
            match code.trim().parse() {
                Ok(currency) if currencies.contains(&currency) => {
                    variables.problem(name, &format!("names {currency} twice"));
                }
                Ok(currency) => currencies.push(currency),
                Err(error) => variables.problem(name, &format!("is not usable: {error}")),
            }
        }
        let mut currencies = currencies.into_iter();
        Some(Self {
            first: currencies.next()?,
            others: currencies.collect(),
        })
    }

    pub fn first(&self) -> Currency {
        self.first
    }

    /// All of them, the first one first.
    pub fn all(&self) -> impl Iterator<Item = Currency> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// The currency of this code; refused with 5106 if there are no accounts in it.
    pub fn accept(&self, code: &str) -> Result<Currency, PaymentError> {
        let currency: Option<Currency> = code.parse().ok();
        currency
            .filter(|accepted| self.all().any(|currency| currency == *accepted))
            .ok_or_else(not_taken)
    }
}

/// What deployments call that.
const MODES: [&str; 3] = ["several", "multi", "multiple"];

/// A deployment may say how many currencies it is for, which was decided when the
/// connector was generated.
fn check_mode(variables: &mut Variables) {
    let name = "CURRENCY_MODE";
    let Some(mode) = variables.text(name) else {
        return;
    };
    if !MODES.iter().any(|known| known.eq_ignore_ascii_case(&mode)) {
        variables.problem(
            name,
            "is none of several, multi, multiple, but this connector was generated for several \
             currencies: set it so, or remove it (which ones they are is set in CURRENCIES)",
        );
    }
}

/// The name of a variable that each currency has for itself: `FEE_KES`.
pub fn variable_name(name: &str, currency: Currency) -> String {
    format!("{name}_{currency}")
}

/// What is configured for each currency.
#[derive(Debug, Clone)]
pub struct PerCurrency<T>(Vec<(Currency, T)>);

impl<T> PerCurrency<T> {
    /// Reads what is configured for each currency. `read` is given the name
    /// that a variable has for the currency.
    pub fn read(
        variables: &mut Variables,
        currencies: Option<&Currencies>,
        read: impl Fn(&mut Variables, &dyn Fn(&str) -> String, Option<Currency>) -> Option<T>,
    ) -> Option<Self> {
        // Every currency is read, also after one that is wrong.
        let values: Vec<_> = currencies?
            .all()
            .map(|currency| {
                let name = |name: &str| variable_name(name, currency);
                Some((currency, read(variables, &name, Some(currency))?))
            })
            .collect();
        values.into_iter().collect::<Option<_>>().map(Self)
    }

    pub fn of(&self, currency: Currency) -> Result<&T, PaymentError> {
        let mut configured = self.0.iter();
        configured
            .find(|(known, _)| *known == currency)
            .map(|(_, value)| value)
            .ok_or_else(not_taken)
    }
}

fn not_taken() -> PaymentError {
    PaymentError::new(
        ErrorCode::CurrencyRefused,
        "there are no accounts in this currency here",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Problems;

    fn kes_and_ugx(name: &str) -> Option<String> {
        let value = match name {
            "CURRENCIES" => "KES, UGX",
            "FEE_KES" => "1",
            "FEE_UGX" => "2",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn each_currency_has_its_own_value_and_others_have_none() {
        let mut variables = Variables::of(&kes_and_ugx);
        let currencies = Currencies::read(&mut variables).unwrap();
        let fees = PerCurrency::read(&mut variables, Some(&currencies), |variables, name, _| {
            variables.text(&name("FEE"))
        })
        .unwrap();
        for (code, fee) in [("KES", "1"), ("UGX", "2")] {
            let currency = currencies.accept(code).unwrap();
            assert_eq!(fees.of(currency).unwrap(), fee);
        }
        let refused = currencies.accept("EUR").unwrap_err();
        assert_eq!(refused.code, ErrorCode::CurrencyRefused);
        assert!(fees.of("EUR".parse().unwrap()).is_err());
        assert_eq!(currencies.first().code(), "KES");
    }

    #[test]
    fn a_wrong_list_is_refused_with_everything_that_is_wrong() {
        let wrong = |_: &str| Some("KES,XXX,KES,".to_owned());
        let mut variables = Variables::of(&wrong);
        let read = Currencies::read(&mut variables);
        let problems = variables.finish(read).unwrap_err().to_string();
        for problem in ["XXX", "KES twice", "''"] {
            assert!(problems.contains(problem), "{problems}");
        }
    }

    fn read_with_mode(mode: &str) -> Result<Currencies, Problems> {
        let variable = |name: &str| match name {
            "CURRENCY_MODE" => Some(mode.to_owned()),
            _ => kes_and_ugx(name),
        };
        let mut variables = Variables::of(&variable);
        let read = Currencies::read(&mut variables);
        variables.finish(read)
    }

    #[test]
    fn a_deployment_for_several_currencies_is_what_this_is_for() {
        for mode in ["", "several", "multi", "Multiple", " SEVERAL "] {
            assert!(read_with_mode(mode).is_ok(), "{mode}");
        }
    }

    #[test]
    fn a_deployment_for_another_number_of_currencies_is_refused_with_what_to_do() {
        for mode in ["single", "multis", "2"] {
            let problems = read_with_mode(mode).unwrap_err().to_string();
            for said in ["- CURRENCY_MODE ", "several currencies", "remove it"] {
                assert!(problems.contains(said), "{mode}: {problems}");
            }
        }
    }
}
