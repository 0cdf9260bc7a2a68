//! Every way in which one payment can go, up to a number of faults.

mod choices;
mod world;

mod bank;
mod journal;
mod scheme;

mod connector;
mod faults;
mod search;

mod incoming;
mod outgoing;
