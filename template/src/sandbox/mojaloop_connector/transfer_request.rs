//! What the outbound API demands of a request for a transfer.

use serde_json::Value;

use crate::domain::{currency::Currency, quote::AmountType, transfer_id::TransferId};

const MAX_EXTENSIONS: usize = 16;
const MAX_EXTENSION_VALUE_LENGTH: usize = 128;
const MAX_NOTE_LENGTH: usize = 128;
const MAX_INTEGER_DIGITS: usize = 18;
const MAX_FRACTION_DIGITS: usize = 4;

/// Where and when a payer was born: all of them or none.
pub(super) const BIRTH_EXTENSIONS: [&str; 4] = [
    "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth.BirthDt",
    "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth.PrvcOfBirth",
    "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth.CityOfBirth",
    "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth.CtryOfBirth",
];

/// A request for a transfer that is what the API describes.
#[derive(Debug)]
pub(super) struct TransferRequest {
    pub transfer_id: Option<TransferId>,
    pub amount_type: AmountType,
    pub amount: String,
    pub currency: Currency,
    pub payee_id_value: String,
    /// Those of the payer, the first one first; none were stated if there are none.
    pub payer_currencies: Vec<Currency>,
    /// The request as it was sent.
    pub body: Value,
}

impl TransferRequest {
    pub(super) fn read(body: Value) -> Result<Self, String> {
        if !body.is_object() {
            return Err("requestBody must be object".to_owned());
        }
        required_text(&body, "homeTransactionId")?;
        for party in ["from", "to"] {
            let fields = body.get(party).ok_or_else(|| missing(party))?;
            required_text(fields, "idType").map_err(|error| format!("{party}: {error}"))?;
            required_text(fields, "idValue").map_err(|error| format!("{party}: {error}"))?;
        }
        let amount_type = match required_text(&body, "amountType")? {
            "SEND" => AmountType::Send,
            "RECEIVE" => AmountType::Receive,
            _ => return Err("amountType must be SEND or RECEIVE".to_owned()),
        };
        let currency = required_text(&body, "currency")?
            .parse()
            .map_err(|_| "currency must be a code of ISO 4217".to_owned())?;
        let amount = required_text(&body, "amount")?.to_owned();
        if !is_amount(&amount) {
            return Err(
                "amount must match ^([0]|([1-9][0-9]{0,17}))([.][0-9]{0,3}[1-9])?$".to_owned(),
            );
        }
        if required_text(&body, "transactionType")? != "TRANSFER" {
            return Err("transactionType must be TRANSFER".to_owned());
        }
        check_note(&body)?;
        check_extensions(&body, "quoteRequestExtensions")?;
        check_extensions(&body, "transferRequestExtensions")?;
        let transfer_id = match body.get("transferId") {
            None => None,
            Some(id) => {
                let id = id.as_str().and_then(|text| text.parse().ok());
                Some(id.ok_or_else(|| "transferId must be an identifier".to_owned())?)
            }
        };
        Ok(Self {
            transfer_id,
            amount_type,
            amount,
            currency,
            payer_currencies: currencies(&body["from"]["supportedCurrencies"])?,
            payee_id_value: required_text(&body["to"], "idValue")?.to_owned(),
            body,
        })
    }
}

/// `^([0]|([1-9][0-9]{0,17}))([.][0-9]{0,3}[1-9])?$`
fn is_amount(text: &str) -> bool {
    let (integer, fraction) = match text.split_once('.') {
        Some((integer, fraction)) => (integer, Some(fraction)),
        None => (text, None),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let integer_is_canonical = integer == "0" || !integer.starts_with('0');
    let fraction_is_canonical = fraction.is_none_or(|fraction| {
        let length_fits = (1..=MAX_FRACTION_DIGITS).contains(&fraction.len());
        length_fits && all_digits(fraction) && !fraction.ends_with('0')
    });
    (1..=MAX_INTEGER_DIGITS).contains(&integer.len())
        && all_digits(integer)
        && integer_is_canonical
        && fraction_is_canonical
}

fn check_note(body: &Value) -> Result<(), String> {
    let fits = |note: &str| (1..=MAX_NOTE_LENGTH).contains(&note.chars().count());
    match body.get("note") {
        Some(note) if !note.as_str().is_some_and(fits) => {
            Err(format!("note must have 1 to {MAX_NOTE_LENGTH} characters"))
        }
        _ => Ok(()),
    }
}

fn check_extensions(body: &Value, list: &str) -> Result<(), String> {
    let Some(extensions) = body.get(list) else {
        return Ok(());
    };
    let extensions = extensions
        .as_array()
        .ok_or_else(|| format!("{list} must be array"))?;
    if extensions.len() > MAX_EXTENSIONS {
        return Err(format!(
            "{list} must NOT have more than {MAX_EXTENSIONS} items"
        ));
    }
    for extension in extensions {
        required_text(extension, "key").map_err(|error| format!("{list}: {error}"))?;
        let value =
            required_text(extension, "value").map_err(|error| format!("{list}: {error}"))?;
        if value.chars().count() > MAX_EXTENSION_VALUE_LENGTH {
            return Err(format!(
                "{list}: value must NOT have more than {MAX_EXTENSION_VALUE_LENGTH} characters"
            ));
        }
    }
    let has = |key: &&str| extensions.iter().any(|extension| extension["key"] == **key);
    let stated = BIRTH_EXTENSIONS.iter().filter(|key| has(key)).count();
    if stated != 0 && stated != BIRTH_EXTENSIONS.len() {
        return Err(format!(
            "{list}: the date and place of birth must be complete"
        ));
    }
    Ok(())
}

fn currencies(stated: &Value) -> Result<Vec<Currency>, String> {
    if stated.is_null() {
        return Ok(Vec::new());
    }
    serde_json::from_value(stated.clone())
        .map_err(|_| "supportedCurrencies must be codes of ISO 4217".to_owned())
}

fn missing(name: &str) -> String {
    format!("requestBody must have required property '{name}'")
}

fn required_text<'a>(value: &'a Value, name: &str) -> Result<&'a str, String> {
    match value.get(name) {
        None => Err(missing(name)),
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(_) => Err(format!("{name} must be a string that is not empty")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request() -> Value {
        json!({
            "homeTransactionId": "home-1",
            "from": { "idType": "MSISDN", "idValue": "971938765" },
            "to": { "idType": "MSISDN", "idValue": "265998571175" },
            "amountType": "SEND",
            "currency": "GMD",
            "amount": "100",
            "transactionType": "TRANSFER",
        })
    }

    fn with_extensions(extensions: Value) -> Value {
        let mut request = request();
        request["quoteRequestExtensions"] = extensions;
        request
    }

    #[test]
    fn takes_amounts_in_canonical_form_only() {
        for amount in ["0", "1", "100", "0.5", "1.0001", "999999999999999999.9999"] {
            assert!(is_amount(amount), "{amount}");
        }
        for amount in [
            "",
            "150.00",
            "1.50",
            "01",
            "00",
            ".5",
            "5.",
            "-1",
            "1e3",
            "1,5",
            " 1",
            "1.00001",
            "1.2.3",
            "1000000000000000000",
            "0.0",
        ] {
            assert!(!is_amount(amount), "{amount}");
        }
    }

    #[test]
    fn demands_every_required_field() {
        assert!(TransferRequest::read(request()).is_ok());
        for field in [
            "homeTransactionId",
            "from",
            "to",
            "amountType",
            "currency",
            "amount",
            "transactionType",
        ] {
            let mut request = request();
            request.as_object_mut().unwrap().remove(field);
            let error = TransferRequest::read(request).unwrap_err();
            assert!(error.contains(field), "{error}");
        }
        let mut amount_as_number = request();
        amount_as_number["amount"] = json!(100);
        assert!(TransferRequest::read(amount_as_number).is_err());
    }

    #[test]
    fn takes_at_most_16_extensions_of_1_to_128_characters() {
        let extension = |length| json!({ "key": "note", "value": "x".repeat(length) });
        let extensions =
            |number, length| with_extensions(Value::Array(vec![extension(length); number]));
        assert!(TransferRequest::read(extensions(0, 1)).is_ok());
        assert!(TransferRequest::read(extensions(16, 128)).is_ok());
        assert!(TransferRequest::read(extensions(17, 1)).is_err());
        assert!(TransferRequest::read(extensions(1, 129)).is_err());
        assert!(TransferRequest::read(extensions(1, 0)).is_err());
    }

    #[test]
    fn demands_the_whole_birth_or_nothing_of_it() {
        let births = |number| {
            let extension = |key: &&str| json!({ "key": key, "value": "x" });
            with_extensions(BIRTH_EXTENSIONS[..number].iter().map(extension).collect())
        };
        assert!(TransferRequest::read(births(4)).is_ok());
        for number in 1..4 {
            assert!(TransferRequest::read(births(number)).is_err(), "{number}");
        }
    }

    #[test]
    fn keeps_the_transfer_id_of_the_caller() {
        let mut with_id = request();
        with_id["transferId"] = json!("0190a5e0-0000-7000-8000-000000000001");
        let read = TransferRequest::read(with_id.clone()).unwrap();
        let id = read.transfer_id.unwrap();
        assert_eq!(id.as_str(), "0190a5e0-0000-7000-8000-000000000001");
        with_id["transferId"] = json!("two words");
        assert!(TransferRequest::read(with_id).is_err());
    }
}
