//! What the bank decides. This folder is the integrator's.
//!
//! | file | what it settles |
//! | --- | --- |
//! | `port.rs` | what the connector needs of a core banking system (fixed) |
//! | `savanna_core.rs` | how Savanna Core does it: **fill this in** |
//! | `funding.rs` | which account mirrors the money at the scheme |
//! | `fees.rs` | what the bank charges |
//! | `required_information.rs` | what has to be known of payer and payee |
// [if payer_steps is one_step]
//! | `limits.rs` | what its customers have agreed to beforehand |
// [end]
// [if use_cases has conversion]
//! | `conversion_limits.rs` | which conversions of currencies it offers its customers |
// [end]
//! | `insight.rs` | what funding and fees may look into (fixed) |
//! | `level.rs` | how the money behind it stands, for whoever watches (fixed) |
//! | `guarded.rs` | the bank as it is called: within bounds, and not while it is away (fixed) |

pub mod port;

pub mod savanna_core;

// [if use_cases has conversion]
pub mod conversion_limits;
// [end]
pub mod fees;
pub mod funding;
pub mod guarded;
pub mod insight;
pub mod level;
// [if payer_steps is one_step]
pub mod limits;
// [end]
pub mod required_information;

// [if fees is percent, tiered]
pub mod rounding;

// [end]
// [if cbs_auth is not none]
pub use self::savanna_core::authentication;
// [end]
pub use self::savanna_core::{Client, Settings};
