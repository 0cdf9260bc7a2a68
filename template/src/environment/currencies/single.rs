//! The currency that accounts are kept in, and what is configured for it.

use crate::{
    domain::{
        currency::Currency,
        error::{ErrorCode, PaymentError},
    },
    environment::{Variables, answers},
};

/// The one currency that payments are made in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currencies(Currency);

impl Currencies {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        check_mode(variables);
        variables.parsed("CURRENCY", answers::CURRENCY).map(Self)
    }

    pub fn first(&self) -> Currency {
        self.0
    }

    /// All of them: the one.
    pub fn all(&self) -> impl Iterator<Item = Currency> {
        std::iter::once(self.0)
    }

    /// The currency of this code; refused with 5106 if there are no accounts in it.
    pub fn accept(&self, code: &str) -> Result<Currency, PaymentError> {
        let currency: Option<Currency> = code.parse().ok();
        currency
            .filter(|currency| *currency == self.0)
            .ok_or_else(not_taken)
    }
}

/// A deployment may say how many currencies it is for, which was decided when the
/// connector was generated.
fn check_mode(variables: &mut Variables) {
    let name = "CURRENCY_MODE";
    let mode = variables.text(name);
    if mode.is_some_and(|mode| !mode.eq_ignore_ascii_case("single")) {
        variables.problem(
            name,
            "is not single, but this connector was generated for one currency: set it so, or \
             remove it (for more currencies, another connector has to be generated)",
        );
    }
}

/// The name of a variable that is about money: the same in whatever currency.
pub fn variable_name(name: &str, _currency: Currency) -> String {
    name.to_owned()
}

/// What is configured for the currency.
#[derive(Debug, Clone)]
pub struct PerCurrency<T> {
    currency: Currency,
    value: T,
}

impl<T> PerCurrency<T> {
    /// Reads what is configured for the currency. `read` is given the name that
    /// a variable has for it.
    pub fn read(
        variables: &mut Variables,
        currencies: Option<&Currencies>,
        read: impl Fn(&mut Variables, &dyn Fn(&str) -> String, Option<Currency>) -> Option<T>,
    ) -> Option<Self> {
        let currency = currencies.map(|currencies| currencies.0);
        // Read also if the currency is wrong, so that every problem is known.
        let value = read(variables, &str::to_owned, currency);
        Some(Self {
            currency: currency?,
            value: value?,
        })
    }

    pub fn of(&self, currency: Currency) -> Result<&T, PaymentError> {
        if currency == self.currency {
            Ok(&self.value)
        } else {
            Err(not_taken())
        }
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

    #[test]
    fn a_wrong_currency_is_refused() {
        let wrong = |_: &str| Some("XXX".to_owned());
        let mut variables = Variables::of(&wrong);
        let read = Currencies::read(&mut variables);
        let problems = variables.finish(read).unwrap_err().to_string();
        assert!(problems.contains("- CURRENCY "), "{problems}");
    }

    #[test]
    fn other_currencies_have_no_accounts() {
        let mut variables = Variables::of(&|_| None);
        let currencies = Currencies::read(&mut variables).unwrap();
        let currency = currencies.first();
        assert_eq!(currencies.accept(currency.code()), Ok(currency));
        let refused = currencies.accept("XXX").unwrap_err();
        assert_eq!(refused.code, ErrorCode::CurrencyRefused);
    }

    fn read_with_mode(mode: &str) -> Result<Currencies, Problems> {
        let variable = |name: &str| (name == "CURRENCY_MODE").then(|| mode.to_owned());
        let mut variables = Variables::of(&variable);
        let read = Currencies::read(&mut variables);
        variables.finish(read)
    }

    #[test]
    fn a_deployment_for_one_currency_is_what_this_is_for() {
        for mode in ["", "single", "Single", " SINGLE "] {
            assert!(read_with_mode(mode).is_ok(), "{mode}");
        }
    }

    #[test]
    fn a_deployment_for_another_number_of_currencies_is_refused_with_what_to_do() {
        for mode in ["several", "multi", "multiple", "singles", "1"] {
            let problems = read_with_mode(mode).unwrap_err().to_string();
            for said in ["- CURRENCY_MODE ", "one currency", "remove it"] {
                assert!(problems.contains(said), "{mode}: {problems}");
            }
        }
    }
}
