//! Every way in which one payment can go, up to a number of faults.
//!
//! The connector itself runs here, both of its sides as they are, over a model of
//! everything around it: a journal, a bank, and the scheme with its Mojaloop
//! Connector. Nothing of the connector is copied; time is a number. Wherever
//! something can happen in more than one way, the model chooses, and one run
//! after another every choice is made: which message comes next, or two of them
//! at the same time; what comes of each call and of each write; when the process
//! dies, and when it starts again; what the scheme decides, and when.
//!
//! What is left when nobody is at work (the journal, the books, what the scheme
//! knows, and for how long) is a situation. From each situation everything that
//! can happen next is tried, and what has been found before is not tried again.
//! So the length of a run has no bound; only the faults have one.
//! `EXHAUSTIVE_FAULTS=2 cargo test exhaustive -- --nocapture` allows two, and
//! prints how much was looked at.
//!
//! What has to hold:
//!
//! - at every moment: the bank does nothing twice (the model's bank does not
//!   recognise an instruction that comes again), money is posted only if the
//!   scheme has committed, and given back only if it has not and will not; what
//!   is promised to the scheme, or told to the customer, is so;
//! - from every situation on, if nothing fails any more and nobody says anything:
//!   whoever looks for what is due settles the payment after a bounded number of
//!   attempts as the scheme has decided, or leaves it to a person who has
//!   something to decide.
//!
//! # How to read a trace
//!
//! A test that fails tells the shortest way to what must not happen, step by
//! step. A line with `---` is what happens next: a message (`Comes(0, Prepare)`,
//! in process 0), the passing of time until something is due, a decision of the
//! scheme, a death, a start. The lines below it are what the connector does then,
//! each with what came of it: the usual, or the fault that was chosen, such as
//! `bank: is told to Commit: ActsAndDoesNotAnswer`. `WRONG` is what must not be.
//! `Settles` begins the part in which nothing fails any more.

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
