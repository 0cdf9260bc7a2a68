//! The reference under which the core banking system books one step.

use std::fmt;

use super::transfer_id::TransferId;

/// A step with the core banking system of a payment that arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreditStep {
    Reserve,
    Commit,
    Release,
}

/// A step with the core banking system of a payment that leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DebitStep {
    Reserve,
    Commit,
    Release,
}

/// What the steps of a reference belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A payment that arrives.
    Credit,
    /// A payment that leaves.
    Debit,
    // [if role is fxp, both]
    Conversion,
    // [end]
}

/// The connector's own reference of one step of one transfer.
///
/// It is derived from the two alone, so that an attempt after a restart
/// carries the same one: by it the core banking system recognises a repeated
/// instruction, and can be asked whether it has acted on the first.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Reference(String);

impl Reference {
    pub fn of_credit(transfer: &TransferId, step: CreditStep) -> Self {
        Self::new(
            transfer,
            match step {
                CreditStep::Reserve => "reserve-credit",
                CreditStep::Commit => "commit-credit",
                CreditStep::Release => "release-credit",
            },
        )
    }

    pub fn of_debit(transfer: &TransferId, step: DebitStep) -> Self {
        Self::new(
            transfer,
            match step {
                DebitStep::Reserve => "reserve-debit",
                DebitStep::Commit => "commit-debit",
                DebitStep::Release => "release-debit",
            },
        )
    }

    // [if role is fxp, both]
    /// The FXP credits the participant with the target amount.
    pub fn of_conversion(conversion: &TransferId, step: CreditStep) -> Self {
        Self::new(
            conversion,
            match step {
                CreditStep::Reserve => "reserve-conversion",
                CreditStep::Commit => "commit-conversion",
                CreditStep::Release => "release-conversion",
            },
        )
    }

    // [end]
    /// What a reference is about, whoever tells it; `None` if it is none of this
    /// connector's.
    pub fn subject(reference: &str) -> Option<(TransferId, Subject)> {
        let (transfer, step) = reference.rsplit_once(':')?;
        let subject = match step {
            "reserve-credit" | "commit-credit" | "release-credit" => Subject::Credit,
            "reserve-debit" | "commit-debit" | "release-debit" => Subject::Debit,
            // [if role is fxp, both]
            "reserve-conversion" | "commit-conversion" | "release-conversion" => {
                Subject::Conversion
            }
            // [end]
            _ => return None,
        };
        Some((transfer.parse().ok()?, subject))
    }

    fn new(transfer: &TransferId, step: &str) -> Self {
        Self(format!("{transfer}:{step}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_is_no_reference_of_this_connector_is_about_nothing() {
        for reference in ["", "opening", "t-1", "t-1:", "t-1:commit", ":commit-credit"] {
            assert_eq!(Reference::subject(reference), None, "{reference}");
        }
    }

    #[test]
    fn is_the_same_for_the_same_step_and_differs_for_every_other() {
        let transfer: TransferId = "01M7ZXCN7HM4KEVP8Q5HNRHFXV".parse().unwrap();
        let references = || {
            let of_credit = [CreditStep::Reserve, CreditStep::Commit, CreditStep::Release]
                .map(|step| Reference::of_credit(&transfer, step));
            let of_debit = [DebitStep::Reserve, DebitStep::Commit, DebitStep::Release]
                .map(|step| Reference::of_debit(&transfer, step));
            [of_credit, of_debit].concat()
        };
        assert_eq!(references(), references());
        for (index, reference) in references().iter().enumerate() {
            let side = if index < 3 {
                Subject::Credit
            } else {
                Subject::Debit
            };
            let subject = Reference::subject(reference.as_str());
            assert_eq!(subject, Some((transfer.clone(), side)));
        }
        let distinct: HashSet<_> = references().into_iter().collect();
        assert_eq!(distinct.len(), 6);
    }
}
