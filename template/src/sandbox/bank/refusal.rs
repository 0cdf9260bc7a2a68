//! Why the sandbox bank does not do what it was told.

use serde::{Deserialize, Serialize};

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
    #[error("no credit was reserved under this reference")]
    UnknownReservation,
    #[error("the reserved credit has been committed")]
    ReservationCommitted,
    #[error("the reserved credit has been released")]
    ReservationReleased,
    #[error("nothing was held under this reference")]
    UnknownHold,
    #[error("the hold has been captured")]
    HoldCaptured,
    #[error("the hold has been released")]
    HoldReleased,
    #[error("transfer amount and fee are not exactly what is held")]
    AmountDiffersFromHold,
    #[error("another instruction came under this reference")]
    ReferenceReused,
    #[error("the sandbox keeps no more instructions: restart it")]
    SandboxFull,
    #[error("the posting would not balance")]
    Unbalanced,
}
