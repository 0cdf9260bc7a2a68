//! What the connector does with money, told from outside.
//!
//! Each test starts a whole connector with both of its APIs, between the
//! sandbox bank and a simulated Mojaloop Connector, and ends by comparing the
//! bank's books with what has to be in them. The bank is called in-process and
//! not through `core_banking::Client`, so that these tests go on to prove the
//! connector when that client speaks to another bank.

#![cfg(feature = "sandbox")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agreement;
mod books;
mod caller;
mod charges;
mod collector;
mod connector_process;
mod credits;
mod currencies;
mod customers;
mod debits;
mod endpoints;
mod funding;
mod incoming_payment;
mod journal;
mod outgoing_payment;
mod raw_request;
mod secrecy;
mod stand_in;
mod stopping_store;
mod test_connector;

mod accounts;
mod bulk_incoming;
// [if use_cases has bulk]
mod bulk_payments;
// [end]
mod callers;
// [if payer_steps is three_steps]
mod confirmation;
// [end]
// [if use_cases has conversion]
mod conversions;
// [end]
mod doctor;
mod documents;
mod errors;
mod fxp;
mod hostile_requests;
mod incoming;
mod incoming_faults;
mod information;
mod observing;
mod operators;
mod outgoing;
mod outgoing_faults;
// [if payer_debit is not dfsp_debits]
mod outgoing_refusals;
// [end]
mod overload;
mod participants;
mod parties;
mod quotes;
mod requests_to_pay;
mod restart;
mod traces;
