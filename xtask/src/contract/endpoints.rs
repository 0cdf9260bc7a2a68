//! The endpoints of the official documents. The contract test compares this list
//! with the documents, so that what is derived from it needs no document.

/// An endpoint, and the statuses that the document gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// Method and path.
    pub name: &'static str,
    pub answers: &'static [u16],
}

const fn endpoint(name: &'static str, answers: &'static [u16]) -> Endpoint {
    Endpoint { name, answers }
}

/// The backend API, in the order of its document.
pub static BACKEND: [Endpoint; 21] = [
    endpoint("GET /", &[200]),
    endpoint("POST /bulkQuotes", &[200, 400, 500]),
    endpoint("GET /bulkQuotes/{idValue}", &[200, 400, 404, 500]),
    endpoint(
        "PUT /bulkTransactions/{bulkTransactionId}",
        &[202, 400, 500],
    ),
    endpoint("PUT /requestToPay/{transactionRequestId}", &[200, 400, 500]),
    endpoint("POST /bulkTransfers", &[200, 400, 500]),
    endpoint("GET /bulkTransfers/{idValue}", &[200, 400, 404, 500]),
    endpoint("GET /otp/{transactionRequestId}", &[200, 400, 404, 500]),
    endpoint(
        "GET /participants/{idType}/{idValue}",
        &[200, 400, 404, 500],
    ),
    endpoint(
        "GET /participants/{idType}/{idValue}/{idSubValue}",
        &[200, 400, 404, 500],
    ),
    endpoint("GET /parties/{idType}/{idValue}", &[200, 400, 404, 500]),
    endpoint(
        "GET /parties/{idType}/{idValue}/{idSubValue}",
        &[200, 400, 404, 500],
    ),
    endpoint("POST /quoterequests", &[200, 400, 500]),
    endpoint("POST /transactionrequests", &[200, 400, 500]),
    endpoint("POST /transfers", &[200, 400, 500]),
    endpoint("GET /transfers/{transferId}", &[200, 500]),
    endpoint("PUT /transfers/{transferId}", &[200, 500]),
    endpoint("POST /fxQuotes", &[200, 400, 500]),
    endpoint("POST /fxTransfers", &[200, 400, 500]),
    endpoint("PUT /fxTransfers/{commitRequestId}", &[200, 400, 500]),
    endpoint("PATCH /fxTransfers/{commitRequestId}", &[200, 400, 500]),
];

/// What the connector asks of the outbound API, which has more.
pub static OUTBOUND_ASKED: [&str; 14] = [
    "POST /accounts",
    "DELETE /accounts/{Type}/{ID}",
    "DELETE /accounts/{Type}/{ID}/{SubId}",
    "POST /bulkTransactions",
    "PUT /bulkTransactions/{bulkTransactionId}",
    "GET /parties/{Type}/{ID}",
    "GET /parties/{Type}/{ID}/{SubId}",
    "POST /requestToPay",
    "PUT /requestToPay/{transactionRequestId}",
    "POST /requestToPayTransfer",
    "PUT /requestToPayTransfer/{transactionRequestId}",
    "POST /transfers",
    "PUT /transfers/{transferId}",
    "GET /transfers/{transferId}",
];
