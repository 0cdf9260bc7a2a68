//! A core connector: it stands between a DFSP's core banking system and the
//! Mojaloop Connector, and carries payments both ways.
//!
//! | module | whose it is |
//! | --- | --- |
//! | [`domain`] | the words of the field, as types |
//! | [`environment`] | how variables are read |
//! | [`journal`] | the durable record of every payment |
//! | [`remote`] | how bank and Mojaloop Connector are called: within bounds |
//! | [`core_banking`] | what the bank decides: fill this in |
//! | [`mojaloop`] | what Mojaloop asks: done, need not be touched |
//! | [`operations`] | what operations need: configuration, logs, start and end |
//! | `sandbox` | for development and tests alone; not in a production build |

pub mod domain;
pub mod environment;

pub mod journal;

pub mod remote;

pub mod core_banking;

pub mod mojaloop;

pub mod operations;

#[cfg(feature = "sandbox")]
pub mod sandbox;

#[cfg(test)]
mod exhaustive;
