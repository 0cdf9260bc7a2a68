//! What a person can do about a payment.

use super::resolving::Outcome;
use crate::{
    domain::{
        outgoing::OutgoingState, promise::PromiseState, resolution::Resolution,
        timestamp::Timestamp,
    },
    journal::store::Entry,
    operations::commands::{age::age, record::Record},
};

/// What to do about a payment: in words, and as commands that would be taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Advice {
    pub situation: String,
    pub commands: Vec<String>,
}

impl Advice {
    pub fn about(entry: &Entry, record: &Record, now: Timestamp) -> Self {
        if entry.work.parked.is_none() {
            return Self {
                situation: waiting(entry, now),
                commands: Vec::new(),
            };
        }
        let mut commands = Vec::new();
        let command = |what: &str, how: &str| {
            format!(
                "{} payments {what} {}{how} --by NAME --reason TEXT",
                env!("CARGO_PKG_NAME"),
                quoted(entry.transfer_id.as_str())
            )
        };
        if !record.is_over() {
            commands.push(command("retry", ""));
        }
        for booked_by_hand in [false, true] {
            for outcome in Outcome::ALL {
                let resolution = Resolution {
                    outcome: outcome.final_state(),
                    booked_by_hand,
                };
                let resolved = record.clone().resolve(true, resolution, now);
                let by_hand = if booked_by_hand {
                    " --booked-by-hand"
                } else {
                    ""
                };
                if resolved.is_some_and(|resolved| resolved.is_ok()) {
                    commands.push(command(
                        "resolve",
                        &format!(" {}{by_hand}", outcome.as_str()),
                    ));
                }
            }
        }
        Self {
            situation: situation(record).to_owned(),
            commands,
        }
    }
}

/// For a shell: an identifier comes from outside, and may be made to do harm
/// where it is pasted.
fn quoted(id: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match id.bytes().all(is_plain) {
        true => id.to_owned(),
        false => format!("'{}'", id.replace('\'', "'\\''")),
    }
}

/// A payment that nobody has to decide on.
fn waiting(entry: &Entry, now: Timestamp) -> String {
    match entry.work.due_at {
        None => "nothing: it is over, or nobody has gone on with it".to_owned(),
        Some(due_at) => match due_at.since(now) {
            None => "nothing: it is due, and the connector takes it up".to_owned(),
            Some(_) => format!(
                "nothing: the connector looks at it again in {} (attempts so far: {})",
                age(now, due_at),
                entry.work.attempts
            ),
        },
    }
}

/// Where the money is, and what is not known.
fn situation(record: &Record) -> &'static str {
    match record {
        Record::Incoming(transfer) => of_promise(transfer.promise.state()),
        // [if role is fxp, both]
        Record::Conversion(conversion) => of_promise(conversion.promise.state()),
        // [end]
        Record::Outgoing(payment) => of_outgoing(payment.state()),
        // [if use_cases has request_to_pay or use_cases has bulk]
        Record::WithoutMoney => "it holds no money: retry it when its reason has been mended",
        // [end]
    }
}

fn of_promise(state: PromiseState) -> &'static str {
    match state {
        PromiseState::Reserving => {
            "the bank has not said whether it reserved, and nothing is promised: look in its books \
             under the reference; retry when it answers again"
        }
        PromiseState::Reserved => {
            "it is promised, and the hub does not say what came of it: find out there, and \
             resolve it so"
        }
        PromiseState::Committing => {
            "the scheme has committed, so the money is owed, and the bank does not follow: mend \
             what it refuses and retry, or credit by hand"
        }
        PromiseState::Releasing => {
            "the scheme has aborted, and the bank does not give the reservation up: mend what it \
             refuses and retry, or release by hand"
        }
        PromiseState::Committed | PromiseState::Aborted | PromiseState::Refused => "it is over",
    }
}

fn of_outgoing(state: OutgoingState) -> &'static str {
    match state {
        OutgoingState::Reserving => {
            "the bank has not said whether it secured the payer's money, and the scheme was not \
             told to transfer: retry when the bank answers again, or give it up"
        }
        OutgoingState::Accepting => {
            "the payer's money is secured, and the hub does not say whether it transferred: find \
             out there, and resolve it so. Do not guess"
        }
        OutgoingState::Committing => {
            "the payee has been paid, and the bank does not take the payer's money: mend what it \
             refuses and retry, or debit by hand"
        }
        OutgoingState::Rejecting | OutgoingState::Releasing => {
            "there is to be no transfer, and the payer's money is not given back yet: mend what is \
             refused and retry, or give it back by hand. If the reason says that the scheme did \
             transfer, debit by hand"
        }
        OutgoingState::Completed => "it is over",
        OutgoingState::Aborted => {
            "it was given up, and the scheme says otherwise since: find out at the hub; if it did \
             transfer, debit the payer by hand"
        }
        _ => {
            "no money of the payer is secured: if the scheme transferred all the same, nobody has \
             paid for it yet"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_that_a_shell_would_act_on_is_quoted() {
        assert_eq!(quoted("01M7ZXCN7HM4-a_b"), "01M7ZXCN7HM4-a_b");
        assert_eq!(quoted("$(reboot)"), "'$(reboot)'");
        assert_eq!(quoted("a'b"), "'a'\\''b'");
    }
}
