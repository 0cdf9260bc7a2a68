//! A payment that arrives from the scheme: promised first, and then paid or
//! given up.

use serde::{Deserialize, Serialize};

use super::{
    identifier::PartyIdentifier,
    party::{AccountNumber, Counterparty},
    promise::Promise,
    quote::{QuoteRequest, Terms},
    timestamp::Timestamp,
    transfer_id::{QuoteId, TransferId},
};

/// A transfer has come as far as the promise of it.
pub use super::promise::{FinalState, ForbiddenTransition, PromiseState as IncomingState};

/// The scheme's request to take a transfer, once it has been understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingRequest {
    pub transfer_id: TransferId,
    pub quote_id: Option<QuoteId>,
    pub payee: PartyIdentifier,
    pub payer: Counterparty,
    pub transaction_type: String,
    /// The terms that the request states. A quote that this connector gave
    /// counts for more.
    pub terms: Terms,
}

impl IncomingRequest {
    /// Whether the transfer is the one that a quote was given for.
    pub fn agrees_with(&self, quote: &QuoteRequest) -> bool {
        self.payee.is_same_party(&quote.payee)
            && self.terms.amount_type() == quote.amount_type
            && self.terms.amount() == quote.amount
    }
}

/// A payment that arrives from the scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingTransfer {
    pub request: IncomingRequest,
    /// What the transfer is held to: the quote's terms, where there is one.
    pub terms: Terms,
    pub payee_account: AccountNumber,
    #[serde(flatten)]
    pub promise: Promise,
}

impl IncomingTransfer {
    /// A transfer that is about to be promised.
    pub fn open(
        request: IncomingRequest,
        terms: Terms,
        payee_account: AccountNumber,
        now: Timestamp,
    ) -> Self {
        Self {
            request,
            terms,
            payee_account,
            promise: Promise::open(now),
        }
    }

    pub fn state(&self) -> IncomingState {
        self.promise.state()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        amount::Amount,
        identifier::IdType,
        quote::{AmountType, PayeeCharges},
    };

    #[test]
    fn a_transfer_is_read_back_from_the_journal_as_it_was_stored() {
        let amount = Amount::parse("100", "KES".parse().unwrap()).unwrap();
        let nothing = Amount::zero(amount.currency());
        let charges = PayeeCharges {
            fee: nothing,
            commission: nothing,
        };
        let terms = Terms::of(AmountType::Send, amount, charges).unwrap();
        let request = IncomingRequest {
            transfer_id: "t-1".parse().unwrap(),
            quote_id: None,
            payee: PartyIdentifier::parse(IdType::Alias, "payee", None, None).unwrap(),
            payer: Counterparty {
                id_type: "ALIAS".to_owned(),
                id_value: "payer".to_owned(),
                fsp_id: None,
            },
            transaction_type: "TRANSFER".to_owned(),
            terms,
        };
        let account = AccountNumber::new("1");
        let mut transfer = IncomingTransfer::open(request, terms, account, Timestamp::now());
        transfer.promise.told = Some(FinalState::Aborted);
        transfer.promise.booking = Some("booking-1".to_owned());
        let stored = serde_json::to_value(&transfer).unwrap();
        assert_eq!(stored["state"], "reserving");
        let read: IncomingTransfer = serde_json::from_value(stored).unwrap();
        assert_eq!(read, transfer);
    }
}
