//! The identifiers and the opaque texts that the scheme would make.

use uuid::Uuid;

const CROCKFORD_DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BASE64_URL_DIGITS: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A new identifier in the form of a ULID: 26 uppercase characters that sort by time.
pub(super) fn new_ulid() -> String {
    // A UUID of version 7 begins with the same 48 bits of time as a ULID.
    ulid_of(Uuid::now_v7().as_u128())
}

fn ulid_of(bits: u128) -> String {
    (0..26)
        .rev()
        .map(|position| char::from(CROCKFORD_DIGITS[(bits >> (position * 5)) as usize & 31]))
        .collect()
}

/// A new trace id of W3C trace context.
pub(super) fn new_trace_id() -> String {
    Uuid::now_v7().simple().to_string()
}

/// A new span of a trace, as the `traceparent` header carries it.
pub(super) fn new_traceparent(trace_id: &str) -> String {
    let span = Uuid::now_v7().as_u128() as u64;
    format!("00-{trace_id}-{span:016x}-01")
}

/// The trace id within a `traceparent` header, if the header is well formed.
pub(super) fn trace_id_of(traceparent: &str) -> Option<String> {
    let trace_id = traceparent.strip_prefix("00-")?.split('-').next()?;
    let is_hexadecimal = trace_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (trace_id.len() == 32 && is_hexadecimal).then(|| trace_id.to_ascii_lowercase())
}

/// A text of the length and the alphabet of a condition or a fulfilment.
pub(super) fn new_digest() -> String {
    let halves = [Uuid::now_v7(), Uuid::now_v7()];
    let bytes: Vec<u8> = halves.iter().flat_map(Uuid::as_bytes).copied().collect();
    base64_url(&bytes)
}

/// Base64 in the alphabet for addresses, without padding.
pub(super) fn base64_url(bytes: &[u8]) -> String {
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let mut group = [0; 4];
            group[1..=chunk.len()].copy_from_slice(chunk);
            let bits = u32::from_be_bytes(group);
            (0..=chunk.len()).map(move |position| {
                let digit = (bits >> (18 - 6 * position)) as usize & 63;
                char::from(BASE64_URL_DIGITS[digit])
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_ulids_in_26_digits_of_crockford() {
        assert_eq!(ulid_of(0), "00000000000000000000000000");
        assert_eq!(ulid_of(u128::MAX), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        assert_eq!(ulid_of(33), "00000000000000000000000011");
        let (earlier, later) = (new_ulid(), new_ulid());
        assert!(earlier < later, "{earlier} {later}");
    }

    #[test]
    fn writes_base64_without_padding() {
        assert_eq!(base64_url(b""), "");
        assert_eq!(base64_url(b"M"), "TQ");
        assert_eq!(base64_url(b"Ma"), "TWE");
        assert_eq!(base64_url(b"Man"), "TWFu");
        assert_eq!(base64_url(&[0xfb, 0xff]), "-_8");
        assert_eq!(new_digest().len(), 43);
    }

    #[test]
    fn continues_a_trace_only_if_it_is_well_formed() {
        let trace_id = "53132a2772bb88a2000d0b1693a0be30";
        let traceparent = new_traceparent(trace_id);
        assert_eq!(trace_id_of(&traceparent).as_deref(), Some(trace_id));
        for broken in ["", "00-", "00-53132a27-00-01", "01-x"] {
            assert_eq!(trace_id_of(broken), None, "{broken}");
        }
    }
}
