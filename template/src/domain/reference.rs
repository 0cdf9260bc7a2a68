//! The reference under which the core banking system books one step.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::transfer_id::TransferId;

/// One step of one payment that moves, holds or frees money in the core
/// banking system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    ReserveCredit,
    CommitCredit,
    ReleaseCredit,
    Hold,
    Capture,
    ReleaseHold,
}

impl Step {
    fn as_str(self) -> &'static str {
        match self {
            Self::ReserveCredit => "reserve-credit",
            Self::CommitCredit => "commit-credit",
            Self::ReleaseCredit => "release-credit",
            Self::Hold => "hold",
            Self::Capture => "capture",
            Self::ReleaseHold => "release-hold",
        }
    }
}

/// The connector's own reference of one step of one transfer.
///
/// It is derived from the two alone, so that an attempt after a restart
/// carries the same one: by it the core banking system recognises a repeated
/// instruction, and can be asked whether it has acted on the first.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Reference(String);

impl Reference {
    pub fn of(transfer: &TransferId, step: Step) -> Self {
        Self(format!("{transfer}:{}", step.as_str()))
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
    use super::*;

    #[test]
    fn is_the_same_for_the_same_step_and_differs_for_every_other() {
        let transfer: TransferId = "01M7ZXCN7HM4KEVP8Q5HNRHFXV".parse().unwrap();
        let steps = [
            Step::ReserveCredit,
            Step::CommitCredit,
            Step::ReleaseCredit,
            Step::Hold,
            Step::Capture,
            Step::ReleaseHold,
        ];
        for (index, step) in steps.iter().enumerate() {
            let reference = Reference::of(&transfer, *step);
            assert_eq!(reference, Reference::of(&transfer, *step));
            for other in &steps[index + 1..] {
                assert_ne!(reference, Reference::of(&transfer, *other));
            }
        }
    }
}
