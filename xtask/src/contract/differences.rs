//! Where the connector differs from an official document on purpose. The contract
//! test fails on a difference that is not here, and on one that does not occur.

use std::{
    borrow::Cow,
    fmt::{self, Display},
};

use crate::official::Api;

/// A difference, and why.
#[derive(Debug)]
pub struct Difference {
    pub api: Api,
    pub endpoints: Endpoints,
    pub message: Message,
    pub deviation: Deviation,
    pub document: &'static str,
    pub wire: &'static str,
    pub chosen: &'static str,
}

/// Which endpoints differ, by method and path as the document has them.
#[derive(Debug, Clone, Copy)]
pub enum Endpoints {
    All,
    Only(&'static [&'static str]),
}

/// Which message of an exchange differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Message {
    Request,
    Success,
    Refusal,
}

impl Message {
    pub(super) fn of(status: u16) -> Self {
        match status {
            ..400 => Self::Success,
            _ => Self::Refusal,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Success => "success",
            Self::Refusal => "refusal",
        }
    }
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deviation {
    Endpoint,
    Status(u16),
    Body,
    NotJson,
    Unexpected(Cow<'static, str>),
    Missing(Cow<'static, str>),
    Value {
        place: Cow<'static, str>,
        keyword: Cow<'static, str>,
    },
}

impl Display for Deviation {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Endpoint => write!(formatter, "the document has no such endpoint"),
            Self::Status(status) => write!(formatter, "the document has no status {status}"),
            Self::Body => write!(formatter, "there is a body, and none in the document"),
            Self::NotJson => write!(formatter, "the body is not JSON"),
            Self::Unexpected(place) => write!(formatter, "{place} is not in the document"),
            Self::Missing(place) => write!(formatter, "{place} is missing"),
            Self::Value { place, keyword } => {
                let place = if place.is_empty() { "the body" } else { place };
                write!(formatter, "{place} breaks the rule `{keyword}`")
            }
        }
    }
}

pub static DIFFERENCES: [Difference; 10] = [
    Difference {
        api: Api::Backend,
        endpoints: Endpoints::All,
        message: Message::Refusal,
        deviation: Deviation::Unexpected(Cow::Borrowed("/status")),
        document: "An error has a `statusCode` and a `message`, and nothing else.",
        wire: "The Mojaloop Connector reads `statusCode`; the official golden path collection \
               asserts `status`.",
        chosen: "Both, with the same code.",
    },
    Difference {
        api: Api::Backend,
        endpoints: Endpoints::Only(&["GET /"]),
        message: Message::Success,
        deviation: Deviation::Body,
        document: "The answer has an empty body.",
        wire: "Nobody reads the body.",
        chosen: "A body that says what answers, for a person who looks.",
    },
    Difference {
        api: Api::Backend,
        endpoints: Endpoints::Only(&[
            "PUT /transfers/{transferId}",
            "PUT /requestToPay/{transactionRequestId}",
            "PUT /bulkTransactions/{bulkTransactionId}",
            "PUT /fxTransfers/{commitRequestId}",
            "PATCH /fxTransfers/{commitRequestId}",
        ]),
        message: Message::Success,
        deviation: Deviation::Body,
        document: "The answer to a notification has no body.",
        wire: "The Mojaloop Connector reads every answer as JSON.",
        chosen: "An empty JSON object.",
    },
    Difference {
        api: Api::Backend,
        endpoints: Endpoints::Only(&["GET /transfers/{transferId}"]),
        message: Message::Refusal,
        deviation: Deviation::Status(404),
        document: "Whatever goes wrong is a 500.",
        wire: "The Mojaloop Connector reads the code 3208 out of the body, whatever the status, \
               and sends a 5xx three times more.",
        chosen: "An unknown transfer is a 404, as on the other endpoints that ask for something.",
    },
    Difference {
        api: Api::Backend,
        endpoints: Endpoints::Only(&["PUT /transfers/{transferId}"]),
        message: Message::Refusal,
        deviation: Deviation::Status(400),
        document: "Whatever goes wrong is a 500.",
        wire: "A notification that is answered with a 500 comes up to 48 times, one that is \
               answered with a 400 comes 6 times.",
        chosen: "A 400 for what is no notification, since the next one will not be one either.",
    },
    Difference {
        api: Api::Backend,
        endpoints: Endpoints::Only(&["GET /transfers/{transferId}"]),
        message: Message::Refusal,
        deviation: Deviation::Status(400),
        document: "Whatever goes wrong is a 500.",
        wire: "The Mojaloop Connector sends a 5xx three times more.",
        chosen: "A 400 for what cannot be an identifier.",
    },
    Difference {
        api: Api::Backend,
        endpoints: Endpoints::Only(&["POST /bulkQuotes", "GET /bulkQuotes/{idValue}"]),
        message: Message::Success,
        deviation: Deviation::Value {
            place: Cow::Borrowed("/individualQuoteResults/*"),
            keyword: Cow::Borrowed("oneOf, of which more than one fits"),
        },
        document: "An item fits the schema of a quote or that of a failure, never both; but of a \
                   quote only `quoteId` is required, so that every failure fits both.",
        wire: "The Mojaloop Connector looks for `errorResponse`.",
        chosen: "A failed item has `quoteId` and `errorResponse`, as it was meant.",
    },
    Difference {
        api: Api::Outbound,
        endpoints: Endpoints::Only(&["POST /transfers", "POST /requestToPayTransfer"]),
        message: Message::Request,
        deviation: Deviation::Unexpected(Cow::Borrowed("/transferId")),
        document: "The Mojaloop Connector makes the identifier of the transfer.",
        wire: "It keeps one that it is given.",
        chosen: "The identifier is made, and stored, before anybody is asked: otherwise nobody \
                 could find out what became of a request whose answer was lost.",
    },
    Difference {
        api: Api::Outbound,
        endpoints: Endpoints::Only(&["POST /requestToPay"]),
        message: Message::Request,
        deviation: Deviation::Unexpected(Cow::Borrowed("/transactionRequestId")),
        document: "The Mojaloop Connector makes the identifier of the request.",
        wire: "It keeps one that it is given.",
        chosen: "The identifier is made, and stored, before anybody is asked: otherwise the \
                 payer's word could come about a request that nobody knows.",
    },
    Difference {
        api: Api::Outbound,
        endpoints: Endpoints::Only(&["PUT /bulkTransactions/{bulkTransactionId}"]),
        message: Message::Request,
        deviation: Deviation::Value {
            place: Cow::Borrowed(""),
            keyword: Cow::Borrowed("oneOf"),
        },
        document: "An item is two objects at once, one with `transferId`, one with the decision, \
                   and each forbids what the other has: nothing fits.",
        wire: "None was captured; no body could satisfy the document.",
        chosen: "Both, as it was meant.",
    },
];
