//! Why the sandbox bank does not do what it was told.

use serde::{Deserialize, Serialize, Serializer};

use super::ledger::LedgerError;

/// Why the bank refuses an instruction. It has moved, held and freed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("the amounts do not add up, or are zero, or the reference cannot be used")]
    Malformed,
    #[error("no customer has this account")]
    UnknownAccount,
    #[error("the account that funds incoming payments is another one")]
    UnknownFundingAccount,
    #[error("the account is blocked")]
    AccountBlocked,
    #[error("the account is closed")]
    AccountClosed,
    #[error("the account is kept in another currency")]
    CurrencyNotSupported,
    #[error("the amount is above a limit of the account")]
    LimitExceeded,
    #[error("the account does not have that much available")]
    InsufficientFunds,
    #[error("the funding account does not have that much available")]
    InsufficientLiquidity,
    #[error("another instruction came under this reference")]
    ReferenceReused,
    #[error("the sandbox keeps no more instructions: restart it")]
    SandboxFull,
    #[error("the posting would not balance")]
    Unbalanced,
    #[error(transparent)]
    #[serde(untagged, skip_deserializing)]
    Particular(ParticularRefusal),
}

/// A reason that only one kind of order knows. The connector has no word of
/// its own for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParticularRefusal {
    reason: &'static str,
    message: &'static str,
}

impl Refusal {
    /// A refusal for a reason that only one kind of order knows.
    pub const fn particular(reason: &'static str, message: &'static str) -> Self {
        Self::Particular(ParticularRefusal { reason, message })
    }

    /// Why money could not be taken from a funding account.
    pub fn by_funding_account(error: LedgerError) -> Self {
        match error {
            LedgerError::Overdrawn => Self::InsufficientLiquidity,
            other => other.into(),
        }
    }
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::UnknownAccount => Self::UnknownAccount,
            LedgerError::Overdrawn => Self::InsufficientFunds,
            LedgerError::Unbalanced | LedgerError::NotHeld => Self::Unbalanced,
        }
    }
}

impl Serialize for ParticularRefusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.reason)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_particular_reason_is_written_like_every_other() {
        let particular = Refusal::particular("out_of_ink", "the printer is out of ink");
        assert_eq!(json!(particular), json!("out_of_ink"));
        assert_eq!(particular.to_string(), "the printer is out of ink");
        assert_eq!(json!(Refusal::AccountBlocked), json!("account_blocked"));
    }

    #[test]
    fn a_reason_that_every_order_knows_is_read_by_its_name() {
        let read = |reason: &str| serde_json::from_value::<Refusal>(json!(reason)).ok();
        assert_eq!(read("account_blocked"), Some(Refusal::AccountBlocked));
        assert_eq!(read("out_of_ink"), None);
    }
}
