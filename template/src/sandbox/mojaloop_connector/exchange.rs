//! The headers that two participants exchange through the hub, as they show
//! up inside the bodies of the Mojaloop Connector.

use std::time::SystemTime;

use actix_web::http::header::HttpDate;
use serde_json::{Value, json};

use super::identifiers::new_traceparent;

/// The bodies of the real one hold a bearer token, so these hold one too: a
/// connector that logs it can be caught.
const BEARER_TOKEN: &str = "Bearer simulated-token-that-nobody-may-log";

/// One message from one participant to another, or to the hub.
pub(super) struct Exchange<'a> {
    pub resource: &'static str,
    pub source: &'a str,
    pub destination: Option<&'a str>,
    pub trace_id: &'a str,
}

impl Exchange<'_> {
    fn media_type(&self, version: &str) -> String {
        let resource = self.resource;
        format!("application/vnd.interoperability.iso20022.{resource}+json;version={version}")
    }

    fn common_headers(&self) -> Value {
        let mut headers = json!({
            "content-type": self.media_type("2.0"),
            "date": HttpDate::from(SystemTime::now()).to_string(),
            "fspiop-source": self.source,
            "traceparent": new_traceparent(self.trace_id),
        });
        if let Some(destination) = self.destination {
            headers["fspiop-destination"] = json!(destination);
        }
        headers
    }

    /// Headers of a callback that the Mojaloop Connector sent itself.
    pub(super) fn sent_callback(&self) -> Value {
        let mut headers = self.common_headers();
        headers["Authorization"] = json!(BEARER_TOKEN);
        headers
    }

    /// Headers of a request that the Mojaloop Connector sent itself.
    pub(super) fn sent_request(&self) -> Value {
        let mut headers = self.sent_callback();
        headers["accept"] = json!(self.media_type("2"));
        headers
    }

    /// Headers of a callback that the Mojaloop Connector got, with this body.
    pub(super) fn received_callback(&self, body: &Value) -> Value {
        let mut headers = self.common_headers();
        headers["authorization"] = json!(BEARER_TOKEN);
        headers["user-agent"] = json!("axios/1.13.6");
        headers["accept-encoding"] = json!("gzip, compress, deflate, br");
        headers["connection"] = json!("keep-alive");
        headers["content-length"] = json!(body.to_string().len());
        headers["host"] = json!("127.0.0.1:4000");
        headers
    }

    /// Headers of a request that the Mojaloop Connector got, with this body.
    pub(super) fn received_request(&self, body: &Value) -> Value {
        let mut headers = self.received_callback(body);
        headers["accept"] = json!(self.media_type("2"));
        headers
    }
}

/// An amount as participants write it.
pub(super) fn money(currency: &str, amount: &str) -> Value {
    json!({ "currency": currency, "amount": amount })
}

/// One entry of an extension list.
pub(super) fn extension(key: &str, value: impl Into<Value>) -> Value {
    json!({ "key": key, "value": value.into() })
}

/// Copies the fields that a value has, under other names.
pub(super) fn copy_fields(from: &Value, into: &mut Value, names: &[(&str, &str)]) {
    for (name, new_name) in names {
        if let Some(field) = from.get(name).filter(|field| !field.is_null()) {
            into[*new_name] = field.clone();
        }
    }
}

/// A party of the Mojaloop Connector's API as participants write it.
pub(super) fn interoperable_party(party: &Value, fsp_id: &str) -> Value {
    let mut party_id_info = json!({ "fspId": fsp_id });
    copy_fields(
        party,
        &mut party_id_info,
        &[
            ("idType", "partyIdType"),
            ("idValue", "partyIdentifier"),
            ("idSubValue", "partySubIdOrType"),
        ],
    );
    if let Some(extensions) = party.get("extensionList") {
        party_id_info["extensionList"] = json!({ "extension": extensions });
    }
    let mut complex_name = json!({});
    copy_fields(
        party,
        &mut complex_name,
        &[
            ("firstName", "firstName"),
            ("middleName", "middleName"),
            ("lastName", "lastName"),
        ],
    );
    let mut personal_info = json!({ "complexName": complex_name });
    copy_fields(party, &mut personal_info, &[("dateOfBirth", "dateOfBirth")]);
    let mut interoperable = json!({
        "partyIdInfo": party_id_info,
        "personalInfo": personal_info,
    });
    copy_fields(
        party,
        &mut interoperable,
        &[
            ("displayName", "name"),
            ("supportedCurrencies", "supportedCurrencies"),
        ],
    );
    interoperable
}
