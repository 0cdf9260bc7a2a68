//! Payments that arrive many at a time: a bulk quote, and a bulk transfer.
//!
//! A bulk moves no money. Each of its items is a quote or a transfer like any
//! other, and stands or falls alone.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::domain::{
    amount::Amount,
    error::{ErrorCode, PaymentError},
    identifier::PartyIdentifier,
    incoming::IncomingRequest,
    quote::{AmountType, Quote, QuoteRequest},
    timestamp::Timestamp,
    transfer_id::{QuoteId, TransferId},
};

/// One of the items, as it was asked for: understood, or refused alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked<Id, Request> {
    pub id: Id,
    pub request: Result<Request, PaymentError>,
}

/// A request for many quotes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkQuoteRequest {
    pub bulk_quote_id: TransferId,
    pub items: Vec<Asked<QuoteId, QuoteRequest>>,
}

/// The quotes that were given, in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkQuote {
    pub request: BulkQuoteRequest,
    pub results: Vec<Result<Quote, PaymentError>>,
    pub given_at: Timestamp,
}

impl BulkQuote {
    /// Until when all of the quotes bind; `None` if none was given.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let given = self.results.iter().flatten();
        given.map(|quote| quote.expires_at).min()
    }
}

/// A transfer among many. It does not say which of the quotes it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkTransferItem {
    pub payee: PartyIdentifier,
    /// What is transferred. Where a quote comes to another amount than it was
    /// asked for, some say the one that was asked for.
    pub amount: Amount,
    pub amount_type: Option<AmountType>,
    pub transaction_type: String,
}

/// A request for many transfers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkTransferRequest {
    pub bulk_transfer_id: TransferId,
    pub bulk_quote_id: Option<TransferId>,
    pub items: Vec<Asked<TransferId, BulkTransferItem>>,
}

/// Many transfers, and how the request for them was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkTransfer {
    pub request: BulkTransferRequest,
    /// The transfers, in the order of the request; why not, for those that
    /// cannot be one. What becomes of them is in their own records.
    pub transfers: Vec<Result<IncomingRequest, PaymentError>>,
    /// Which items were answered as failed, once there was an answer. They stay
    /// failed: the scheme has been told so.
    pub failures: Option<Vec<Option<PaymentError>>>,
    pub state_since: Timestamp,
}

impl BulkTransfer {
    /// A bulk whose transfers are about to be prepared.
    pub fn open(request: BulkTransferRequest, quotes: Option<&BulkQuote>, now: Timestamp) -> Self {
        Self {
            transfers: transfers(&request.items, quotes),
            request,
            failures: None,
            state_since: now,
        }
    }

    pub fn state_name(&self) -> &'static str {
        match self.failures {
            None => "preparing",
            Some(_) => "prepared",
        }
    }

    /// Why an item was answered as failed, if it was.
    pub fn failure(&self, number: usize) -> Option<&PaymentError> {
        self.failures.as_ref()?.get(number)?.as_ref()
    }
}

/// Finds the quote of each transfer. Each quote is taken by one transfer; which
/// of two that agree in payee and amounts does not matter, as their terms agree.
fn transfers(
    items: &[Asked<TransferId, BulkTransferItem>],
    quotes: Option<&BulkQuote>,
) -> Vec<Result<IncomingRequest, PaymentError>> {
    let given = || {
        let results = quotes.iter().flat_map(|bulk| &bulk.results);
        results.flatten()
    };
    let mut untaken: Vec<&Quote> = given().collect();
    let mut take = |asked: &Asked<TransferId, BulkTransferItem>| {
        let item = asked.request.as_ref().map_err(PaymentError::clone)?;
        // What is transferred is the amount of the transfer. A quote that was
        // asked for that amount, and comes to another one, may be meant as well.
        let may_be_of_another_amount = |quote: &Quote| {
            is_about(item, quote)
                && quote.request.amount == item.amount
                && quote.terms.transfer_amount() != item.amount
        };
        if given().any(may_be_of_another_amount) {
            return Err(another_amount());
        }
        let is_of_this_amount =
            |quote: &&Quote| is_about(item, quote) && quote.terms.transfer_amount() == item.amount;
        let found = untaken.iter().position(is_of_this_amount);
        let quote = untaken.remove(found.ok_or_else(no_quote)?);
        Ok(IncomingRequest {
            transfer_id: asked.id.clone(),
            quote_id: Some(quote.request.quote_id.clone()),
            payee: item.payee.clone(),
            payer: quote.request.payer.clone(),
            transaction_type: item.transaction_type.clone(),
            terms: quote.terms,
        })
    };
    items.iter().map(&mut take).collect()
}

fn is_about(item: &BulkTransferItem, quote: &Quote) -> bool {
    let amount_type = item.amount_type.unwrap_or(quote.request.amount_type);
    item.payee.is_same_party(&quote.request.payee) && amount_type == quote.request.amount_type
}

fn no_quote() -> PaymentError {
    PaymentError::new(
        ErrorCode::QuoteNotFound,
        "no quote of this connector was given for this transfer",
    )
}

fn another_amount() -> PaymentError {
    PaymentError::new(
        ErrorCode::ModifiedRequest,
        "the quote does not transfer what it was asked for, which a bulk cannot",
    )
}

/// Refuses a bulk that is too long, or that names one identifier twice: the
/// second one could not be told from a repetition of the first.
pub fn check_items<'a, Id: Eq + std::hash::Hash + 'a>(
    ids: impl ExactSizeIterator<Item = &'a Id>,
    max_items: usize,
) -> Result<(), PaymentError> {
    check_length(ids.len(), max_items)?;
    check_distinct(ids)
}

/// Refuses identifiers of which one comes twice.
pub fn check_distinct<'a, Id: Eq + std::hash::Hash + 'a>(
    ids: impl ExactSizeIterator<Item = &'a Id>,
) -> Result<(), PaymentError> {
    let length = ids.len();
    let distinct: HashSet<_> = ids.collect();
    if distinct.len() < length {
        return Err(PaymentError::new(
            ErrorCode::MalformedSyntax,
            "an identifier comes twice in this bulk",
        ));
    }
    Ok(())
}

/// Refuses a bulk of nothing, and one that is too long.
pub fn check_length(length: usize, max_items: usize) -> Result<(), PaymentError> {
    if (1..=max_items).contains(&length) {
        return Ok(());
    }
    Err(PaymentError::new(
        ErrorCode::Unsupported,
        format!("a bulk has 1 to {max_items} items here"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        identifier::IdType,
        information::PayerInformation,
        party::Counterparty,
        quote::{PayeeCharges, Terms},
    };

    fn amount(text: &str) -> Amount {
        Amount::parse(text, "KES".parse().unwrap()).unwrap()
    }

    fn payee() -> PartyIdentifier {
        PartyIdentifier::parse(IdType::AccountId, "1234", None, None).unwrap()
    }

    /// What the payee is to receive, for a fee of 2 or for nothing.
    fn quote(received: &str, fee: &str) -> Quote {
        let charges = PayeeCharges {
            fee: amount(fee),
            commission: amount("0"),
        };
        let now = Timestamp::now();
        Quote {
            request: QuoteRequest {
                quote_id: TransferId::generate().as_str().parse().unwrap(),
                transaction_id: TransferId::generate(),
                payee: payee(),
                payer: Counterparty {
                    id_type: "MSISDN".to_owned(),
                    id_value: "971938765".to_owned(),
                    fsp_id: None,
                },
                payer_information: PayerInformation::default(),
                amount_type: AmountType::Receive,
                amount: amount(received),
            },
            terms: Terms::of(AmountType::Receive, amount(received), charges).unwrap(),
            expires_at: now,
        }
    }

    /// The transfer amount of the quote that each transfer takes.
    fn taken(quotes: &[Quote], transferred: &[&str]) -> Vec<Result<Amount, ErrorCode>> {
        let quotes = BulkQuote {
            request: BulkQuoteRequest {
                bulk_quote_id: TransferId::generate(),
                items: Vec::new(),
            },
            results: quotes.iter().cloned().map(Ok).collect(),
            given_at: Timestamp::now(),
        };
        let items = transferred.iter().map(|transferred| Asked {
            id: TransferId::generate(),
            request: Ok(BulkTransferItem {
                payee: payee(),
                amount: amount(transferred),
                amount_type: Some(AmountType::Receive),
                transaction_type: "TRANSFER".to_owned(),
            }),
        });
        let items: Vec<_> = items.collect();
        transfers(&items, Some(&quotes))
            .into_iter()
            .map(|taken| match taken {
                Ok(transfer) => Ok(transfer.terms.transfer_amount()),
                Err(error) => Err(error.code),
            })
            .collect()
    }

    #[test]
    fn a_transfer_takes_a_quote_that_transfers_its_amount_and_no_other() {
        let quotes = [quote("100", "2"), quote("50", "0")];
        assert_eq!(
            taken(&quotes, &["102", "50", "50"]),
            [
                Ok(amount("102")),
                Ok(amount("50")),
                Err(ErrorCode::QuoteNotFound)
            ]
        );
        assert_eq!(
            taken(&quotes, &["100", "30"]),
            [
                Err(ErrorCode::ModifiedRequest),
                Err(ErrorCode::QuoteNotFound)
            ]
        );
    }

    #[test]
    fn a_transfer_that_may_be_about_either_of_two_quotes_takes_neither() {
        let quotes = [quote("98", "2"), quote("100", "2")];
        assert_eq!(
            taken(&quotes, &["100", "102"]),
            [Err(ErrorCode::ModifiedRequest), Ok(amount("102"))]
        );
    }
}
