//! What the hub has settled for this participant, as it exports it: one line for
//! each amount of each transfer that was committed.
//!
//! `GET /simulator/settlement` answers with the file that `reconcile` reads, so
//! that a settlement can be rehearsed.

use std::collections::VecDeque;

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;

use super::SimulatedMojaloopConnector;
use crate::domain::{amount::Amount, currency::Currency};

/// Beyond this many lines the oldest are forgotten.
const MAX_LINES: usize = 20_000;

/// Which way the money went, seen from this participant.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Way {
    Incoming,
    Outgoing,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    transfer_id: String,
    direction: Way,
    state: &'static str,
    amount: String,
    currency: Currency,
}

/// What was settled, in the order in which it was.
#[derive(Debug, Default)]
pub(super) struct Settlement {
    lines: VecDeque<Line>,
}

impl Settlement {
    /// The hub has committed a transfer.
    pub(super) fn add(&mut self, transfer_id: &str, direction: Way, amount: Amount) {
        self.lines.push_back(Line {
            transfer_id: transfer_id.to_owned(),
            direction,
            state: "COMMITTED",
            amount: amount.to_string(),
            currency: amount.currency(),
        });
        if self.lines.len() > MAX_LINES {
            self.lines.pop_front();
        }
    }

    fn as_csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::WriterBuilder::new()
            .has_headers(false)
            .from_writer(Vec::new());
        let heading = ["transferId", "direction", "state", "amount", "currency"];
        writer.write_record(heading)?;
        for line in &self.lines {
            writer.serialize(line)?;
        }
        let written = writer.into_inner();
        written.map_err(|error| error.into_error().into())
    }
}

pub(super) async fn get_settlement(simulator: Data<SimulatedMojaloopConnector>) -> HttpResponse {
    match simulator.state().settlement.as_csv() {
        Ok(file) => HttpResponse::Ok().content_type("text/csv").body(file),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_settled_is_the_file_that_is_read() {
        let mut settlement = Settlement::default();
        assert_eq!(
            settlement.as_csv().unwrap(),
            b"transferId,direction,state,amount,currency\n"
        );
        let amount = Amount::parse("10.5", "GMD".parse().unwrap()).unwrap();
        settlement.add("t-1", Way::Incoming, amount);
        settlement.add("t-2", Way::Outgoing, amount);
        let file = String::from_utf8(settlement.as_csv().unwrap()).unwrap();
        let lines: Vec<_> = file.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "t-1,incoming,COMMITTED,10.5,GMD",
                "t-2,outgoing,COMMITTED,10.5,GMD"
            ]
        );
    }
}
