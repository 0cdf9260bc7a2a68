//! The document of the backend API for a scheme in which the customers exist:
//! with the values that this connector's bank knows, and with what follows what.
//! At random, nobody would ever be paid.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::amended::{backend_document, operation};

/// Of the sandbox bank: two of whom all is well, and one who is blocked.
const CUSTOMERS: [&str; 3] = ["265998571175", "971938765", "254700000106"];

const COMPLETED_AT: &str = "2026-11-21T20:52:45.615Z";

/// What the bank can pay, mostly.
const AMOUNT: &str = "^[1-9][0-9]{0,3}([.][0-9]?[1-9])?$";

/// By the places of their schemas. Those of answers are among them, so that each
/// has to fit them as well.
fn values() -> Vec<(String, Value)> {
    let one_of = |values: &[&str]| json!({ "type": "string", "enum": values });
    let like = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    let of_party = |name: &str| format!("/components/schemas/transferParty/properties/{name}");
    let mut values = vec![
        ("/components/schemas/idType".to_owned(), one_of(&["MSISDN"])),
        (of_party("idValue"), one_of(&CUSTOMERS)),
        (of_party("fspId"), like("^[a-z]{3,20}$")),
        (
            "/components/schemas/idSubValue".to_owned(),
            like("^[a-z0-9]{1,10}$"),
        ),
        (
            "/components/parameters/idType/schema".to_owned(),
            one_of(&["MSISDN"]),
        ),
        (
            "/components/parameters/idValue/schema".to_owned(),
            one_of(&CUSTOMERS),
        ),
        ("/components/schemas/currency".to_owned(), one_of(&["GMD"])),
        (
            "/components/schemas/FspId".to_owned(),
            like("^[a-z]{3,20}$"),
        ),
        (
            "/components/parameters/transferId/schema".to_owned(),
            json!({ "$ref": "#/components/schemas/transferId" }),
        ),
        (
            "/components/schemas/FxQuotesPostBackendRequest/properties/conversionTerms".to_owned(),
            conversion(),
        ),
    ];
    for name in ["displayName", "firstName", "middleName", "lastName"] {
        values.push((of_party(name), like("^[A-Z][A-Za-z ]{0,30}$")));
    }
    for body in [
        "quoteRequest",
        "transferRequest",
        "transactionRequest",
        "IndividualQuote",
        "IndividualTransfer",
    ] {
        let place = format!("/components/schemas/{body}/properties/amount");
        values.push((place, like(AMOUNT)));
    }
    values
}

/// What a participant wants to have converted.
fn conversion() -> Value {
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": [
            "conversionId", "determiningTransferId", "initiatingFsp", "counterPartyFsp",
            "amountType", "sourceAmount", "targetAmount", "expiration",
        ],
        "properties": {
            "conversionId": reference("CorrelationId"),
            "determiningTransferId": reference("CorrelationId"),
            "initiatingFsp": reference("FspId"),
            "counterPartyFsp": reference("FspId"),
            "amountType": { "type": "string", "enum": ["SEND"] },
            "sourceAmount": {
                "type": "object",
                "additionalProperties": false,
                "required": ["currency", "amount"],
                "properties": {
                    "currency": { "type": "string", "enum": ["GMD"] },
                    "amount": { "type": "string", "pattern": AMOUNT },
                },
            },
            "targetAmount": {
                "type": "object",
                "additionalProperties": false,
                "required": ["currency"],
                "properties": { "currency": { "type": "string", "enum": ["USD"] } },
            },
            "expiration": reference("DateTime"),
        },
    })
}

/// How a request follows from one that has succeeded: the endpoint that has,
/// the one that follows, and what its parameters and its body are made of.
struct Link {
    after: &'static str,
    follows: &'static str,
    parameters: Value,
    body: Value,
}

pub fn plausible_document() -> Result<Value> {
    let mut document = backend_document()?;
    for (place, value) in values() {
        let schema = document.pointer_mut(&place);
        *schema.with_context(|| format!("no {place}"))? = value;
    }
    document["components"]["schemas"]["fulfilNotification"]["required"] =
        json!(["currentState", "finalNotification"]);
    for Link {
        after,
        follows,
        parameters,
        body,
    } in links()
    {
        let id = operation(&mut document, follows)?["operationId"].clone();
        let mut link = json!({ "operationId": id, "parameters": parameters });
        if !body.is_null() {
            link["requestBody"] = body;
        }
        let answer = &mut operation(&mut document, after)?["responses"]["200"];
        // A shared answer gets no links.
        if answer.get("$ref").is_some() {
            *answer = json!({ "description": "OK" });
        }
        answer["links"][follows.replace(['/', ' ', '{', '}'], "_")] = link;
    }
    Ok(document)
}

/// Each begins with a request that refers to nothing the tool could know of: if
/// there were others, it would begin with those alone.
fn links() -> Vec<Link> {
    let link = |after, follows, parameters, body| Link {
        after,
        follows,
        parameters,
        body,
    };
    let of_transfer = || json!({ "transferId": "$request.body#/transferId" });
    let of_conversion = || json!({ "commitRequestId": "$request.body#/commitRequestId" });
    vec![
        link(
            "POST /quoterequests",
            "POST /transfers",
            json!({}),
            json!({
                "transferId": "$request.body#/transactionId",
                "quote": "$response.body",
                "to": "$request.body#/to",
                "from": "$request.body#/from",
                "amountType": "$request.body#/amountType",
                "amount": "$request.body#/amount",
                "currency": "$request.body#/currency",
                "transactionType": "$request.body#/transactionType",
            }),
        ),
        link(
            "POST /transfers",
            "PUT /transfers/{transferId}",
            of_transfer(),
            json!({
                "currentState": "COMPLETED",
                "finalNotification": {
                    "transferState": "COMMITTED",
                    "completedTimestamp": COMPLETED_AT,
                },
            }),
        ),
        link(
            "POST /transfers",
            "GET /transfers/{transferId}",
            of_transfer(),
            Value::Null,
        ),
        link(
            "PUT /transfers/{transferId}",
            "GET /transfers/{transferId}",
            json!({ "transferId": "$request.path.transferId" }),
            Value::Null,
        ),
        link(
            "POST /fxQuotes",
            "POST /fxTransfers",
            json!({}),
            json!({
                "commitRequestId": "$response.body#/conversionTerms/conversionId",
                "determiningTransferId": "$response.body#/conversionTerms/determiningTransferId",
                "initiatingFsp": "$response.body#/conversionTerms/initiatingFsp",
                "counterPartyFsp": "$response.body#/conversionTerms/counterPartyFsp",
                "sourceAmount": "$response.body#/conversionTerms/sourceAmount",
                "targetAmount": "$response.body#/conversionTerms/targetAmount",
            }),
        ),
        link(
            "POST /fxTransfers",
            "PUT /fxTransfers/{commitRequestId}",
            of_conversion(),
            json!({ "conversionState": "COMMITTED", "completedTimestamp": COMPLETED_AT }),
        ),
        link(
            "POST /fxTransfers",
            "PATCH /fxTransfers/{commitRequestId}",
            of_conversion(),
            json!({
                "currentState": "COMPLETED",
                "finalNotification": {
                    "conversionState": "ABORTED",
                    "completedTimestamp": COMPLETED_AT,
                },
            }),
        ),
        link(
            "POST /bulkQuotes",
            "GET /bulkQuotes/{idValue}",
            json!({ "idValue": "$request.body#/bulkQuoteId" }),
            Value::Null,
        ),
        link(
            "POST /bulkQuotes",
            "POST /bulkTransfers",
            json!({}),
            json!({
                "bulkQuote": "$response.body",
                "from": "$request.body#/from",
                "individualTransfers": [{
                    "transferId": "$request.body#/individualQuotes/0/transactionId",
                    "quoteId": "$request.body#/individualQuotes/0/quoteId",
                    "to": "$request.body#/individualQuotes/0/to",
                    "amountType": "$request.body#/individualQuotes/0/amountType",
                    "amount": "$request.body#/individualQuotes/0/amount",
                    "currency": "$request.body#/individualQuotes/0/currency",
                    "transactionType": "$request.body#/individualQuotes/0/transactionType",
                }],
            }),
        ),
        link(
            "POST /bulkTransfers",
            "GET /bulkTransfers/{idValue}",
            json!({ "idValue": "$request.body#/bulkTransferId" }),
            Value::Null,
        ),
    ]
}
