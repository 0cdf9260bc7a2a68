//! What the bank, or its scheme, wants to know of payer and payee.
//!
//! It holds for what this connector tells others and for what it is told. What
//! is missing is either refused with 3102, or let pass with a warning in the
//! log. Both name the elements, and no values.

use std::{fmt, str::FromStr};

use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        information::{PayeeInformation, PayerInformation},
    },
    environment::Variables,
};

/// What can be asked for of a payer or of a payee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Name,
    Birth,
    Purpose,
    Address,
    Lei,
}

const OF_PAYER: [Element; 3] = [Element::Name, Element::Birth, Element::Purpose];
const OF_PAYEE: [Element; 3] = [Element::Name, Element::Address, Element::Lei];

impl Element {
    fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Birth => "birth",
            Self::Purpose => "purpose",
            Self::Address => "address",
            Self::Lei => "lei",
        }
    }
}

/// What happens to a payment of which something is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IfMissing {
    Warn,
    Refuse,
}

/// The text says neither.
#[derive(Debug, thiserror::Error)]
#[error("it is warn or refuse")]
struct NeitherWarnNorRefuse;

impl FromStr for IfMissing {
    type Err = NeitherWarnNorRefuse;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "warn" => Ok(Self::Warn),
            "refuse" => Ok(Self::Refuse),
            _ => Err(NeitherWarnNorRefuse),
        }
    }
}

/// What has to be known of payer and payee.
#[derive(Debug, Clone)]
pub struct RequiredInformation {
    of_payer: Vec<Element>,
    of_payee: Vec<Element>,
    if_missing: IfMissing,
}

impl RequiredInformation {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        let of_payer = elements(variables, "REQUIRED_PAYER_INFORMATION", &OF_PAYER);
        let of_payee = elements(variables, "REQUIRED_PAYEE_INFORMATION", &OF_PAYEE);
        Some(Self {
            of_payer,
            of_payee,
            if_missing: variables.parsed("MISSING_INFORMATION", "warn")?,
        })
    }

    /// Looks for what is required of a payer.
    pub fn check_payer(&self, payer: &PayerInformation) -> Result<(), PaymentError> {
        self.check("payer", &self.of_payer, |element| match element {
            Element::Name => payer.name.is_some(),
            Element::Birth => payer.birth.is_some(),
            Element::Purpose => payer.purpose_code.is_some(),
            Element::Address | Element::Lei => true,
        })
    }

    /// Looks for what is required of a payee.
    pub fn check_payee(&self, payee: &PayeeInformation) -> Result<(), PaymentError> {
        self.check("payee", &self.of_payee, |element| match element {
            Element::Name => payee.name.is_some(),
            Element::Address => payee.address.is_some(),
            Element::Lei => payee.fsp_lei.is_some(),
            Element::Birth | Element::Purpose => true,
        })
    }

    fn check(
        &self,
        party: &str,
        required: &[Element],
        is_known: impl Fn(Element) -> bool,
    ) -> Result<(), PaymentError> {
        let missing = required.iter().filter(|element| !is_known(**element));
        let missing: Vec<_> = missing.map(|element| element.as_str()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.join(", ");
        match self.if_missing {
            IfMissing::Warn => {
                tracing::warn!(party, missing, "required information is missing");
                Ok(())
            }
            IfMissing::Refuse => Err(PaymentError::new(
                ErrorCode::MissingElement,
                format!("required information on the {party} is missing: {missing}"),
            )),
        }
    }
}

fn elements(variables: &mut Variables, name: &str, known: &[Element]) -> Vec<Element> {
    let texts = variables.text_or(name, "");
    let mut elements = Vec::new();
    let texts = texts.split(',').map(str::trim);
    for text in texts.filter(|text| !text.is_empty()) {
        match known.iter().find(|element| element.as_str() == text) {
            Some(element) => elements.push(*element),
            None => variables.problem(name, &format!("names more than {}", Names(known))),
        }
    }
    elements
}

struct Names<'a>(&'a [Element]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|element| element.as_str()).collect();
        formatter.write_str(&names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Problems;

    fn read(
        of_payer: &str,
        of_payee: &str,
        if_missing: &str,
    ) -> Result<RequiredInformation, Problems> {
        let lookup = |name: &str| match name {
            "REQUIRED_PAYER_INFORMATION" => Some(of_payer.to_owned()),
            "REQUIRED_PAYEE_INFORMATION" => Some(of_payee.to_owned()),
            "MISSING_INFORMATION" => Some(if_missing.to_owned()),
            _ => None,
        };
        let mut variables = Variables::of(&lookup);
        let required = RequiredInformation::read(&mut variables);
        variables.finish(required)
    }

    #[test]
    fn nothing_is_required_unless_it_is_configured() {
        let nothing = read("", "", "").unwrap();
        assert!(nothing.check_payer(&PayerInformation::default()).is_ok());
        assert!(nothing.check_payee(&PayeeInformation::default()).is_ok());
    }

    #[test]
    fn what_is_missing_is_refused_by_name_or_let_pass() {
        let payer = PayerInformation {
            name: Some("Joshua Karame".to_owned()),
            ..PayerInformation::default()
        };
        let payee = PayeeInformation {
            name: Some("John Doe".to_owned()),
            ..PayeeInformation::default()
        };
        let refusing = read("name,birth,purpose", "name, address, lei", "refuse").unwrap();
        let error = refusing.check_payer(&payer).unwrap_err();
        assert_eq!(error.code, ErrorCode::MissingElement);
        assert!(error.message().ends_with("missing: birth, purpose"));
        let error = refusing.check_payee(&payee).unwrap_err();
        assert!(error.message().ends_with("missing: address, lei"));

        let warning = read("birth", "lei", "warn").unwrap();
        assert!(warning.check_payer(&payer).is_ok());
        assert!(warning.check_payee(&payee).is_ok());
    }

    #[test]
    fn a_name_that_stands_for_nothing_is_a_problem() {
        for (of_payer, of_payee, if_missing, name) in [
            ("lei", "", "warn", "REQUIRED_PAYER_INFORMATION"),
            ("", "birth", "warn", "REQUIRED_PAYEE_INFORMATION"),
            ("", "", "ignore", "MISSING_INFORMATION"),
        ] {
            let problems = read(of_payer, of_payee, if_missing)
                .unwrap_err()
                .to_string();
            assert!(problems.contains(&format!("- {name}")), "{problems}");
        }
    }
}
