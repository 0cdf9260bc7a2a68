//! The cached state of an outgoing payment, as the Mojaloop Connector shows
//! it in every answer: it grows with every stage.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    conversion_shapes::converted_amount,
    exchange::{Exchange, copy_fields, extension, interoperable_party, money},
    identifiers::{base64_url, new_digest, new_trace_id, new_ulid},
    simulated_hub::HubState,
    transfer_request::BIRTH_EXTENSIONS,
};
use crate::domain::{amount::Amount, currency::Currency, quote::Terms, timestamp::Timestamp};

/// How long the messages of one stage are valid.
pub(super) const STAGE: Duration = Duration::from_secs(3);

/// The payment as it is before anything has been done about it.
pub(super) fn started(request: &Value, transfer_id: &str, trace_id: &str) -> Value {
    let mut document = request.clone();
    document["transferId"] = json!(transfer_id);
    document["traceId"] = json!(trace_id);
    document["initiatedTimestamp"] = json!(Timestamp::now());
    document["direction"] = json!("OUTBOUND");
    document
}

/// A payee that was found.
pub(super) struct FoundPayee {
    pub fsp: String,
    pub first_name: Value,
    pub middle_name: Value,
    pub last_name: Value,
    pub display_name: Value,
    pub currencies: Vec<Currency>,
}

/// The participants of a payment, seen from this connector's.
pub(super) struct OutboundExchange<'a> {
    pub payer_fsp: &'a str,
    payee_fsp: String,
    pub fxp: String,
    trace_id: String,
}

/// The hub's message about a party that was found; completes the party that was asked for.
fn party_callback(to: &mut Value, payee: &FoundPayee) -> Value {
    to["fspId"] = json!(payee.fsp);
    to["extensionList"] = Value::Array(lookup_extensions(true));
    for (name, field) in [
        ("firstName", &payee.first_name),
        ("middleName", &payee.middle_name),
        ("lastName", &payee.last_name),
    ] {
        if !field.is_null() {
            to[name] = field.clone();
        }
    }
    let mut party = interoperable_party(to, &payee.fsp);
    party["name"] = payee.display_name.clone();
    party["supportedCurrencies"] = json!(payee.currencies);
    json!({ "party": party })
}

/// The answer to a lookup without a payment.
pub(super) fn found_party(mut to: Value, payee: &FoundPayee, payer_fsp: &str) -> Value {
    let body = party_callback(&mut to, payee);
    let callback = Exchange {
        resource: "parties",
        source: &payee.fsp,
        destination: Some(payer_fsp),
        trace_id: &new_trace_id(),
    };
    json!({
        "party": { "body": body, "headers": callback.received_callback(&body) },
        "currentState": "COMPLETED",
    })
}

/// The hub's message that nobody knows a party.
pub(super) fn unknown_party_error() -> Value {
    // The hub's error in ISO 20022 form comes through without a code.
    json!({
        "errorDescription": "Unknown error",
        "extensionList": { "extension": lookup_extensions(false) },
    })
}

impl<'a> OutboundExchange<'a> {
    pub(super) fn of(document: &Value, payer_fsp: &'a str) -> Self {
        Self {
            payer_fsp,
            payee_fsp: text(&document["to"]["fspId"]).to_owned(),
            fxp: text(&document["fxProviders"][0]).to_owned(),
            trace_id: text(&document["traceId"]).to_owned(),
        }
    }

    fn to_payee(&self, resource: &'static str) -> Exchange<'_> {
        Exchange {
            resource,
            source: self.payer_fsp,
            destination: Some(&self.payee_fsp),
            trace_id: &self.trace_id,
        }
    }

    fn to_payer(&self, resource: &'static str) -> Exchange<'_> {
        Exchange {
            resource,
            source: &self.payee_fsp,
            destination: Some(self.payer_fsp),
            trace_id: &self.trace_id,
        }
    }

    pub(super) fn to_fxp(&self, resource: &'static str) -> Exchange<'_> {
        Exchange {
            destination: Some(&self.fxp),
            ..self.to_payee(resource)
        }
    }

    pub(super) fn by_fxp(&self, resource: &'static str) -> Exchange<'_> {
        Exchange {
            source: &self.fxp,
            ..self.to_payer(resource)
        }
    }

    /// The lookup was asked for.
    fn add_party_request(&self, document: &mut Value) {
        let to = &document["to"];
        let mut url = format!("/parties/{}/{}", text(&to["idType"]), text(&to["idValue"]));
        if let Some(sub_value) = to["idSubValue"].as_str() {
            url = format!("{url}/{sub_value}");
        }
        let lookup = Exchange {
            destination: None,
            ..self.to_payee("parties")
        };
        document["getPartiesRequest"] = json!({
            "withCredentials": false,
            "transitional": { "clarifyTimeoutError": true },
            "method": "GET",
            "baseURL": "http://127.0.0.1:54040",
            "url": url,
            "headers": lookup.sent_request(),
            "httpAgent": "[REDACTED]",
        });
    }

    /// The payee was found.
    pub(super) fn add_party(&self, document: &mut Value, payee: &FoundPayee) {
        self.add_party_request(document);
        let to = &mut document["to"];
        let body = party_callback(to, payee);
        let from_payee = Exchange {
            source: &payee.fsp,
            ..self.to_payer("parties")
        };
        document["getPartiesResponse"] = json!({
            "headers": from_payee.received_callback(&body),
            "body": body,
        });
        document["needFx"] = json!(false);
        document["supportedCurrencies"] = json!(payee.currencies);
    }

    /// No payee was found; gives the error as the hub put it.
    pub(super) fn add_unknown_party(&self, document: &mut Value) -> Value {
        self.add_party_request(document);
        let error_information = unknown_party_error();
        let body = json!({ "errorInformation": error_information });
        document["getPartiesResponse"] = json!({
            "headers": self.to_payer("parties").received_callback(&body),
            "body": body,
        });
        error_information
    }

    /// The payee's FSP quoted.
    pub(super) fn add_quote(&self, document: &mut Value, terms: Terms, expires_at: Timestamp) {
        let quote_id = new_ulid();
        let request = self.quote_request(document, &quote_id);
        document["quoteId"] = json!(quote_id);
        document["quoteRequest"] = json!({
            "headers": self.to_payee("quotes").sent_request(),
            "body": request,
        });
        let extensions = quote_extensions(document, self.payer_fsp);
        let response = quote_response(&request, terms, expires_at, &extensions);
        let original = original_quote_response(document, &response, &extensions, self.payer_fsp);
        document["quoteResponse"] = json!({
            "headers": self.to_payer("quotes").received_callback(&response),
            "body": response,
            "originalIso20022QuoteResponse": original,
        });
        document["quoteResponseSource"] = json!(self.payee_fsp);
    }

    fn quote_request(&self, document: &Value, quote_id: &str) -> Value {
        let amount = match converted_amount(document) {
            Some(amount) => money(amount.currency().code(), &amount.to_string()),
            None => money(text(&document["currency"]), text(&document["amount"])),
        };
        let mut request = json!({
            "quoteId": quote_id,
            "transactionId": document["transferId"],
            "amountType": document["amountType"],
            "amount": amount,
            "expiration": Timestamp::now().after(STAGE),
            "payer": interoperable_party(&document["from"], self.payer_fsp),
            "payee": interoperable_party(&document["to"], &self.payee_fsp),
            "transactionType": {
                "scenario": document["transactionType"],
                "initiator": "PAYER",
                "initiatorType": "CONSUMER",
            },
        });
        copy_fields(document, &mut request, &[("note", "note")]);
        let extensions = list(&document["quoteRequestExtensions"]);
        if !extensions.is_empty() {
            request["extensionList"] = json!({ "extension": extensions });
        }
        request
    }

    /// The transfer was sent, and the payee's FSP answered with this state.
    pub(super) fn add_settlement(&self, document: &mut Value, transfer_state: HubState) {
        let mut extensions = list(&document["transferRequestExtensions"]);
        extensions.extend(creditor_extensions(document));
        document["transferRequestExtensions"] = Value::Array(extensions.clone());
        let quote = &document["quoteResponse"]["body"];
        let body = json!({
            "transferId": document["transferId"],
            "payeeFsp": self.payee_fsp,
            "payerFsp": self.payer_fsp,
            "amount": quote["transferAmount"],
            "ilpPacket": quote["ilpPacket"],
            "condition": quote["condition"],
            "expiration": Timestamp::now().after(STAGE),
            "extensionList": { "extension": extensions },
        });
        document["prepare"] = json!({
            "headers": self.to_payee("transfers").sent_request(),
            "body": body,
        });
        document["fulfil"] = self.fulfil(transfer_state);
    }

    /// What the hub says about a transfer that it knows.
    pub(super) fn fulfil(&self, transfer_state: HubState) -> Value {
        let now = Timestamp::now();
        let mut body = json!({
            "transferState": transfer_state.as_str(),
            "extensionList": { "extension": [
                extension("GrpHdr.MsgId", new_ulid()),
                extension("GrpHdr.CreDtTm", now.to_string()),
            ] },
        });
        if transfer_state != HubState::Aborted {
            body["fulfilment"] = json!(new_digest());
            body["completedTimestamp"] = json!(now);
        }
        json!({
            "headers": self.to_payer("transfers").received_callback(&body),
            "body": body,
        })
    }
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn lookup_extensions(found: bool) -> Vec<Value> {
    vec![
        extension("Assgnmt.MsgId", new_ulid()),
        extension("Assgnmt.CreDtTm", Timestamp::now().to_string()),
        extension("Rpt.Vrfctn", found),
        extension("Rpt.OrgnlId", new_ulid()),
    ]
}

fn payee_name(document: &Value) -> String {
    let to = &document["to"];
    let [first, middle, last] = ["firstName", "middleName", "lastName"].map(|name| text(&to[name]));
    format!("{first};{middle};{last};")
}

fn creditor_extensions(document: &Value) -> Vec<Value> {
    let to = &document["to"];
    vec![
        extension(
            "CdtTrfTxInf.Cdtr.Id.PrvtId.Othr.SchmeNm.Prtry",
            text(&to["idType"]),
        ),
        extension("CdtTrfTxInf.Cdtr.Id.PrvtId.Othr.Id", text(&to["idValue"])),
        extension("CdtTrfTxInf.Cdtr.Nm", payee_name(document)),
        extension("CdtTrfTxInf.CdtrAgt.FinInstnId.Othr.Id", text(&to["fspId"])),
    ]
}

/// Who bears the charges: the payee of what is sent, the payer of what is received.
fn charge_bearer(document: &Value) -> &'static str {
    match text(&document["amountType"]) {
        "RECEIVE" => "DEBT",
        _ => "CRED",
    }
}

fn quote_extensions(document: &Value, payer_fsp: &str) -> Vec<Value> {
    let from = &document["from"];
    let requested = list(&document["quoteRequestExtensions"]);
    let mut extensions = vec![
        extension("GrpHdr.MsgId", new_ulid()),
        extension("GrpHdr.CreDtTm", Timestamp::now().to_string()),
        extension("GrpHdr.NbOfTxs", "1"),
        extension("GrpHdr.SttlmInf.SttlmMtd", "CLRG"),
    ];
    let is_of_the_birth = |entry: &Value| BIRTH_EXTENSIONS.contains(&text(&entry["key"]));
    extensions.extend(requested.into_iter().filter(is_of_the_birth));
    extensions.extend([
        extension(
            "CdtTrfTxInf.Dbtr.Id.PrvtId.Othr.SchmeNm.Prtry",
            text(&from["idType"]),
        ),
        extension("CdtTrfTxInf.Dbtr.Id.PrvtId.Othr.Id", text(&from["idValue"])),
        extension("CdtTrfTxInf.Dbtr.Nm", text(&from["displayName"])),
        extension("CdtTrfTxInf.DbtrAgt.FinInstnId.Othr.Id", payer_fsp),
    ]);
    extensions.extend(creditor_extensions(document));
    extensions.extend([
        extension("CdtTrfTxInf.ChrgBr", charge_bearer(document)),
        extension(
            "CdtTrfTxInf.ChrgsInf.Agt.FinInstnId.Othr.Id",
            text(&document["to"]["fspId"]),
        ),
    ]);
    extensions
}

fn quote_response(
    request: &Value,
    terms: Terms,
    expires_at: Timestamp,
    extensions: &[Value],
) -> Value {
    let money = |amount: Amount| money(amount.currency().code(), &amount.to_string());
    json!({
        "expiration": expires_at,
        "transferAmount": money(terms.transfer_amount()),
        "payeeReceiveAmount": money(terms.payee_receives()),
        "payeeFspFee": money(terms.payee_charges().fee),
        "ilpPacket": base64_url(request.to_string().as_bytes()),
        "condition": new_digest(),
        "extensionList": { "extension": extensions },
    })
}

/// The quote as it came over the wire, in ISO 20022 form.
fn original_quote_response(
    document: &Value,
    response: &Value,
    extensions: &[Value],
    payer_fsp: &str,
) -> Value {
    let stated = |key: &str| {
        let entry = extensions.iter().find(|entry| entry["key"] == key);
        entry.map(|entry| entry["value"].clone())
    };
    let private_party = |party: &Value| json!({ "Othr": { "SchmeNm": { "Prtry": party["idType"] }, "Id": party["idValue"] } });
    let agent = |fsp: &str| json!({ "FinInstnId": { "Othr": { "Id": fsp } } });
    let charged = |amount: &Value| {
        json!({
            "Ccy": amount["currency"],
            "ActiveOrHistoricCurrencyAndAmount": amount["amount"],
        })
    };
    let mut debtor = private_party(&document["from"]);
    for (key, field) in
        BIRTH_EXTENSIONS
            .into_iter()
            .zip(["BirthDt", "PrvcOfBirth", "CityOfBirth", "CtryOfBirth"])
    {
        if let Some(value) = stated(key) {
            debtor["DtAndPlcOfBirth"][field] = value;
        }
    }
    let transfer_amount = &response["transferAmount"];
    json!({
        "GrpHdr": {
            "MsgId": stated("GrpHdr.MsgId"),
            "CreDtTm": stated("GrpHdr.CreDtTm"),
            "NbOfTxs": "1",
            "SttlmInf": { "SttlmMtd": "CLRG" },
            "PmtInstrXpryDtTm": response["expiration"],
        },
        "CdtTrfTxInf": {
            "PmtId": { "TxId": document["quoteId"] },
            "Dbtr": {
                "Id": { "PrvtId": debtor },
                "Nm": stated("CdtTrfTxInf.Dbtr.Nm"),
            },
            "DbtrAgt": agent(payer_fsp),
            "Cdtr": {
                "Id": { "PrvtId": private_party(&document["to"]) },
                "Nm": payee_name(document),
            },
            "CdtrAgt": agent(text(&document["to"]["fspId"])),
            "ChrgBr": charge_bearer(document),
            "IntrBkSttlmAmt": {
                "Ccy": transfer_amount["currency"],
                "ActiveCurrencyAndAmount": transfer_amount["amount"],
            },
            "InstdAmt": charged(&response["payeeReceiveAmount"]),
            "ChrgsInf": {
                "Amt": charged(&response["payeeFspFee"]),
                "Agt": agent(text(&document["to"]["fspId"])),
            },
            "VrfctnOfTerms": { "IlpV4PrepPacket": response["ilpPacket"] },
        },
    })
}
