//! What the hub settled, as a file says it.
//!
//! ```text
//! transferId,direction,state,amount,currency
//! 0198c1f2-6a51-7f2c-a4a4-6f1d5c1be001,incoming,COMMITTED,100.00,KES
//! ```
//!
//! The direction is seen from this participant. Columns may come in any order,
//! and others are left alone. Of a conversion there are two lines: what comes
//! in, in one currency, and what goes out, in another.

use std::io::Read;

use serde::Deserialize;

use crate::{
    domain::{amount::Amount, currency::Currency, transfer_id::TransferId},
    operations::commands::record::Way,
};

/// A longer file is not one of a period.
const MAX_LINES: usize = 1_000_000;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub transfer_id: TransferId,
    pub way: Way,
    /// In the hub's own word.
    pub state: String,
    pub amount: Amount,
}

impl Settled {
    pub fn is_committed(&self) -> bool {
        matches!(self.state.as_str(), "COMMITTED" | "SETTLED")
    }
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NotASettlement {
    #[error("line {line}: {reason}")]
    Line { line: u64, reason: String },
    #[error("it has more than {MAX_LINES} lines")]
    TooLong,
    #[error("it cannot be read: {0}")]
    Csv(#[from] csv::Error),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    transfer_id: String,
    direction: String,
    state: String,
    amount: String,
    currency: String,
}

/// Reads a file of what was settled.
pub fn read(file: impl Read) -> Result<Vec<Settled>, NotASettlement> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(file);
    let mut settled = Vec::new();
    for (index, line) in reader.deserialize().enumerate() {
        if index >= MAX_LINES {
            return Err(NotASettlement::TooLong);
        }
        let line: Line = line?;
        // The heading is the first line.
        let number = index as u64 + 2;
        settled.push(line.read().map_err(|reason| NotASettlement::Line {
            line: number,
            reason,
        })?);
    }
    Ok(settled)
}

impl Line {
    fn read(self) -> Result<Settled, String> {
        let currency: Currency = self
            .currency
            .parse()
            .map_err(|error| format!("currency: {error}"))?;
        let way = match self.direction.to_lowercase().as_str() {
            "incoming" | "inbound" | "in" => Way::Incoming,
            "outgoing" | "outbound" | "out" => Way::Outgoing,
            _ => return Err("direction: it is incoming or outgoing".to_owned()),
        };
        Ok(Settled {
            transfer_id: self
                .transfer_id
                .parse()
                .map_err(|error| format!("transferId: {error}"))?,
            way,
            state: self.state.to_uppercase(),
            amount: Amount::parse(&self.amount, currency)
                .map_err(|error| format!("amount: {error}"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_in_any_order_and_amounts_are_exact() {
        let file = "state,currency,amount,transferId,direction,window\n\
                    COMMITTED, KES , 100.10 ,t-1,INBOUND,7\n\
                    aborted,UGX,5,t-2,outgoing,7\n";
        let settled = read(file.as_bytes()).unwrap();
        assert_eq!(settled.len(), 2);
        assert_eq!(settled[0].transfer_id.as_str(), "t-1");
        assert_eq!(settled[0].amount.to_string(), "100.1");
        assert!(settled[0].is_committed() && !settled[1].is_committed());
        assert_eq!(settled[1].way, Way::Outgoing);
    }

    #[test]
    fn a_line_that_is_not_understood_is_named_and_nothing_is_left_out() {
        let heading = "transferId,direction,state,amount,currency\n";
        for (line, what) in [
            ("t-1,incoming,COMMITTED,1e3,KES", "amount"),
            ("t-1,incoming,COMMITTED,1.005,KES", "amount"),
            ("t-1,incoming,COMMITTED,-1,KES", "amount"),
            ("t-1,incoming,COMMITTED,1,KSH", "currency"),
            ("t-1,sideways,COMMITTED,1,KES", "direction"),
            (",incoming,COMMITTED,1,KES", "transferId"),
            ("t-1,incoming", ""),
        ] {
            let file = format!("{heading}t-0,incoming,COMMITTED,1,KES\n{line}\n");
            let error = read(file.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("line") && error.contains('3'), "{error}");
            assert!(error.contains(what), "{error}");
        }
        assert!(read("id,amount\nt-1,1\n".as_bytes()).is_err());
    }
}
