//! Every endpoint of both APIs, in one place.

use core_connector::domain::{identifier::IdType, transfer_id::TransferId};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    caller::Caller,
    customers::{
        Customer::{John, Joshua},
        currency,
    },
    incoming_payment::IncomingPayment,
    outgoing_payment::{merchant_payment, send_money},
    test_connector::TestConnector,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    Backend,
    Dfsp,
}

/// A method of a resource.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub api: Api,
    pub method: Method,
    /// With its parameters in braces.
    pub path: &'static str,
    /// A body that is as it should be.
    pub body: Option<Value>,
    /// The elements of the body without which nothing can be done, as JSON
    /// pointers. Whatever has another type there is refused.
    pub needed: &'static [&'static str],
}

impl Endpoint {
    fn new(api: Api, method: Method, path: &'static str) -> Self {
        Self {
            api,
            method,
            path,
            body: None,
            needed: &[],
        }
    }

    fn taking(mut self, body: Value, needed: &'static [&'static str]) -> Self {
        self.body = Some(body);
        self.needed = needed;
        self
    }

    pub fn caller<'a>(&self, connector: &'a TestConnector) -> &'a Caller {
        match self.api {
            Api::Backend => &connector.backend,
            Api::Dfsp => &connector.dfsp,
        }
    }

    /// The parameters of the path, in their order.
    pub fn parameters(&self) -> Vec<&'static str> {
        let opened = self.path.split('{').skip(1);
        opened.filter_map(|rest| rest.split('}').next()).collect()
    }

    /// The path of something that could be there, with one parameter (by its
    /// number) as it is given.
    pub fn path_with(&self, number: usize, value: &str) -> String {
        let mut path = self.path.to_owned();
        for (index, parameter) in self.parameters().into_iter().enumerate() {
            let usual = match parameter {
                "idType" => "MSISDN".to_owned(),
                "idValue" => John.id_value_of(IdType::Msisdn),
                "idSubValue" => "savings".to_owned(),
                _ => TransferId::generate().to_string(),
            };
            let value = if index == number { value } else { &usual };
            path = path.replacen(&["{", parameter, "}"].concat(), value, 1);
        }
        path
    }

    pub fn usual_path(&self) -> String {
        self.path_with(usize::MAX, "")
    }
}

const ASKED: [&str; 12] = [
    "/quoteId",
    "/transactionId",
    "/to",
    "/to/idType",
    "/to/idValue",
    "/from",
    "/from/idType",
    "/from/idValue",
    "/amountType",
    "/amount",
    "/currency",
    "/transactionType",
];

const PREPARED: [&str; 11] = [
    "/transferId",
    "/quote",
    "/quote/transferAmount",
    "/to/idType",
    "/to/idValue",
    "/from/idType",
    "/from/idValue",
    "/amountType",
    "/amount",
    "/currency",
    "/transactionType",
];

const SENT: [&str; 8] = [
    "/payeeId",
    "/payeeIdType",
    "/sendAmount",
    "/sendCurrency",
    "/transactionType",
    "/payer",
    "/payer/name",
    "/payer/payerId",
];

const PAID: [&str; 8] = [
    "/payeeId",
    "/payeeIdType",
    "/receiveAmount",
    "/sendCurrency",
    "/transactionType",
    "/payer",
    "/payer/name",
    "/payer/payerId",
];

const DEMANDED: [&str; 12] = [
    "/transactionRequestId",
    "/from",
    "/from/idType",
    "/from/idValue",
    "/to",
    "/to/idType",
    "/to/idValue",
    "/amount",
    "/currency",
    "/transactionType",
    "/initiator",
    "/initiatorType",
];

const CONVERTED: [&str; 10] = [
    "/conversionRequestId",
    "/conversionTerms",
    "/conversionTerms/conversionId",
    "/conversionTerms/initiatingFsp",
    "/conversionTerms/counterPartyFsp",
    "/conversionTerms/amountType",
    "/conversionTerms/sourceAmount",
    "/conversionTerms/sourceAmount/currency",
    "/conversionTerms/targetAmount",
    "/conversionTerms/expiration",
];

/// Every endpoint, in the order of the official documents.
pub fn all() -> Vec<Endpoint> {
    let backend = |method, path| Endpoint::new(Api::Backend, method, path);
    let dfsp = |method, path| Endpoint::new(Api::Dfsp, method, path);
    let payment = IncomingPayment::of("100");
    let quote = json!({ "transferAmount": "100" });
    let told = json!({ "currentState": "COMPLETED" });
    let identifier = TransferId::generate();
    let source = json!({ "currency": currency(), "amount": "100" });
    let target = json!({ "currency": "XOF", "amount": "0" });
    vec![
        backend(Method::POST, "/bulkQuotes").taking(
            json!({
                "bulkQuoteId": identifier,
                "from": { "idType": "MSISDN", "idValue": "971938765" },
                "individualQuotes": [payment.quote_request()],
            }),
            &[
                "/bulkQuoteId",
                "/from",
                "/from/idType",
                "/from/idValue",
                "/individualQuotes",
            ],
        ),
        backend(Method::GET, "/bulkQuotes/{idValue}"),
        backend(Method::PUT, "/bulkTransactions/{bulkTransactionId}").taking(told.clone(), &[]),
        backend(Method::PUT, "/requestToPay/{transactionRequestId}").taking(
            json!({ "transactionRequestState": "RECEIVED" }),
            &["/transactionRequestState"],
        ),
        backend(Method::POST, "/bulkTransfers").taking(
            json!({
                "bulkTransferId": identifier,
                "bulkQuotes": { "bulkQuoteId": identifier },
                "individualTransfers": [{ "transferId": identifier }],
            }),
            &["/bulkTransferId", "/individualTransfers"],
        ),
        backend(Method::GET, "/bulkTransfers/{idValue}"),
        backend(Method::GET, "/otp/{transactionRequestId}"),
        backend(Method::GET, "/participants/{idType}/{idValue}"),
        backend(Method::GET, "/participants/{idType}/{idValue}/{idSubValue}"),
        backend(Method::GET, "/parties/{idType}/{idValue}"),
        backend(Method::GET, "/parties/{idType}/{idValue}/{idSubValue}"),
        backend(Method::POST, "/quoterequests").taking(payment.quote_request(), &ASKED),
        backend(Method::POST, "/transactionrequests").taking(
            json!({
                "transactionRequestId": identifier,
                "from": { "idType": "MSISDN", "idValue": "971938765" },
                "to": { "idType": "MSISDN", "idValue": John.id_value_of(IdType::Msisdn) },
                "amount": "100",
                "currency": currency(),
                "transactionType": "PAYMENT",
                "initiator": "PAYEE",
                "initiatorType": "BUSINESS",
            }),
            &DEMANDED,
        ),
        backend(Method::POST, "/transfers").taking(payment.transfer_request(&quote), &PREPARED),
        backend(Method::GET, "/transfers/{transferId}"),
        backend(Method::PUT, "/transfers/{transferId}").taking(told, &["/currentState"]),
        backend(Method::POST, "/fxQuotes").taking(
            json!({
                "conversionRequestId": identifier,
                "conversionTerms": {
                    "conversionId": identifier,
                    "initiatingFsp": "bluebank",
                    "counterPartyFsp": "goldenfx",
                    "amountType": "SEND",
                    "sourceAmount": source,
                    "targetAmount": target,
                    "expiration": "2034-01-01T00:00:00.000Z",
                },
            }),
            &CONVERTED,
        ),
        backend(Method::POST, "/fxTransfers").taking(
            json!({
                "commitRequestId": identifier,
                "initiatingFsp": "bluebank",
                "counterPartyFsp": "goldenfx",
                "sourceAmount": source,
                "targetAmount": target,
            }),
            &[
                "/commitRequestId",
                "/initiatingFsp",
                "/counterPartyFsp",
                "/sourceAmount",
            ],
        ),
        backend(Method::PUT, "/fxTransfers/{commitRequestId}")
            .taking(json!({ "conversionState": "COMMITTED" }), &[]),
        backend(Method::PATCH, "/fxTransfers/{commitRequestId}")
            .taking(json!({ "conversionState": "COMMITTED" }), &[]),
        dfsp(Method::POST, "/send-money").taking(send_money(Joshua, "100"), &SENT),
        dfsp(Method::POST, "/merchant-payment").taking(merchant_payment(Joshua, "100"), &PAID),
        // [if payer_steps is not one_step]
        dfsp(Method::PUT, "/send-money/{transferId}").taking(json!({ "acceptQuote": true }), &[]),
        dfsp(Method::PUT, "/merchant-payment/{transferId}")
            .taking(json!({ "acceptQuote": true }), &[]),
        // [end]
        dfsp(Method::GET, "/transfers/{transferId}"),
        // [if use_cases has bulk]
        dfsp(Method::POST, "/bulk-payments").taking(
            json!({
                "homeTransactionId": identifier,
                "payer": { "payerId": Joshua.id_value(), "name": "Joshua Karame" },
                "currency": currency(),
                "items": [{ "payeeIdType": "MSISDN", "payeeId": "25471111111", "amount": "100" }],
            }),
            &[
                "/homeTransactionId",
                "/payer",
                "/payer/payerId",
                "/currency",
                "/items",
                "/items/0",
                "/items/0/payeeIdType",
                "/items/0/payeeId",
                "/items/0/amount",
            ],
        ),
        dfsp(Method::GET, "/bulk-payments/{bulkId}"),
        dfsp(Method::PUT, "/bulk-payments/{bulkId}")
            .taking(json!({ "acceptQuotes": true }), &["/acceptQuotes"]),
        // [end]
        // [if use_cases has request_to_pay]
        dfsp(Method::POST, "/request-to-pay").taking(
            json!({
                "homeTransactionId": identifier,
                "payeeIdType": "MSISDN",
                "payeeId": John.id_value_of(IdType::Msisdn),
                "payerIdType": "MSISDN",
                "payerId": "25471111111",
                "amount": "100",
                "currency": currency(),
                "transactionType": "TRANSFER",
            }),
            &[
                "/homeTransactionId",
                "/payeeId",
                "/payerIdType",
                "/payerId",
                "/amount",
                "/currency",
                "/transactionType",
            ],
        ),
        dfsp(Method::GET, "/request-to-pay/{transactionRequestId}"),
        dfsp(Method::GET, "/transactionrequests/{transactionRequestId}"),
        dfsp(Method::PUT, "/transactionrequests/{transactionRequestId}")
            .taking(json!({ "accept": true }), &["/accept"]),
        // [end]
        dfsp(Method::GET, "/parties/{idType}/{idValue}"),
        dfsp(Method::GET, "/parties/{idType}/{idValue}/{idSubValue}"),
        dfsp(Method::POST, "/accounts").taking(
            json!([{ "idType": "MSISDN", "idValue": John.id_value_of(IdType::Msisdn),
                "currency": currency() }]),
            &["/0", "/0/idType", "/0/idValue"],
        ),
        dfsp(Method::DELETE, "/accounts/{idType}/{idValue}"),
        dfsp(Method::DELETE, "/accounts/{idType}/{idValue}/{idSubValue}"),
    ]
}
