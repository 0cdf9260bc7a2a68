//! Reading the environment: variable by variable, and all problems at once.
//!
//! A start that fails ten times, for one reason each time, is a long night.

pub mod answers;
pub mod currencies;
pub mod secrets;

use std::{fmt, str::FromStr, time::Duration};

use reqwest::Url;

use crate::domain::{amount::Amount, currency::Currency, party::AccountNumber};

/// Everything that is wrong with the environment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "the configuration cannot be used:")?;
        for problem in &self.0 {
            writeln!(formatter, "  - {problem}")?;
        }
        write!(formatter, ".env.example describes every variable")
    }
}

impl Problems {
    pub fn of(problem: impl Into<String>) -> Self {
        Self(vec![problem.into()])
    }

    pub fn each(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether more variables could mend all of it: something is missing, and
    /// nothing is wrong.
    fn may_pass(&self) -> bool {
        let may_come = |problem: &&str| {
            problem.contains(" is missing") || problem.contains(" cannot be read: ")
        };
        self.each().all(|problem| may_come(&problem))
    }
}

/// The variables of the environment, and what was found to be wrong with them.
/// A variable that is wrong reads as absent, so that reading goes on.
pub struct Variables<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl<'a> Variables<'a> {
    /// `variable` looks up one variable by its name.
    pub fn of(variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            variable,
            problems: Vec::new(),
        }
    }

    /// What was read, if nothing was wrong with any variable.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, Problems> {
        match read {
            Some(read) if self.problems.is_empty() => Ok(read),
            _ => Err(Problems(self.problems)),
        }
    }

    pub fn problem(&mut self, name: &str, problem: &str) {
        self.problems.push(format!("{name} {problem}"));
    }

    /// A variable that is empty counts as not set.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = (self.variable)(name)?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub fn text_or(&self, name: &str, default: &str) -> String {
        self.text(name).unwrap_or_else(|| default.to_owned())
    }

    /// A variable that has to be set. `what` completes "is missing: ".
    pub fn required(&mut self, name: &str, what: &str) -> Option<String> {
        let text = self.text(name);
        if text.is_none() {
            self.problem(name, &format!("is missing: {what}"));
        }
        text
    }

    pub fn parsed<T: FromStr<Err: fmt::Display>>(
        &mut self,
        name: &str,
        default: &str,
    ) -> Option<T> {
        let parsed = self.text_or(name, default).parse();
        parsed
            .map_err(|error: T::Err| self.problem(name, &format!("is not usable: {error}")))
            .ok()
    }

    pub fn milliseconds(&mut self, name: &str, default: &str) -> Option<Duration> {
        let milliseconds: u64 = self.parsed(name, default)?;
        if milliseconds == 0 {
            self.problem(
                name,
                "is not usable: it is a number of milliseconds above 0",
            );
        }
        Some(Duration::from_millis(milliseconds))
    }

    /// An amount of a currency that may itself be unreadable.
    pub fn amount(
        &mut self,
        name: &str,
        default: &str,
        currency: Option<Currency>,
    ) -> Option<Amount> {
        let amount = Amount::parse(&self.text_or(name, default), currency?);
        amount
            .map_err(|error| self.problem(name, &error.to_string()))
            .ok()
    }

    pub fn account(&mut self, name: &str, what: &str) -> Option<AccountNumber> {
        self.required(name, what).map(AccountNumber::new)
    }

    /// An URL that can be logged: it holds no password.
    pub fn url(&mut self, name: &str) -> Option<Url> {
        let url = Url::parse(&self.text(name)?).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        match &url {
            None => self.problem(name, "is not an URL such as http://192.0.2.1:8080"),
            Some(url) if !url.username().is_empty() || url.password().is_some() => {
                self.problem(name, "must not hold a password: URLs are logged");
            }
            Some(_) => {}
        }
        url
    }

    /// Checks that one duration covers another.
    pub fn at_least(
        &mut self,
        (name, duration): (&str, Option<Duration>),
        (least_name, least): (&str, Option<Duration>),
    ) {
        if let (Some(duration), Some(least)) = (duration, least)
            && duration < least
        {
            self.problem(name, &format!("has to be at least {least_name}"));
        }
    }
}
