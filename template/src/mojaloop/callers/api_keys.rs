//! A channel that is known by a key.
//!
//! The configuration has the SHA-256 of each key, not the key: whoever reads it
//! cannot call. That needs no salt and no slow hash, since a key is 256 random
//! bits. A channel may have several keys, so that a new one can be given out
//! before the old one is taken away.

use std::fmt;

use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use crate::{domain::channel::ChannelName, environment::Variables};

const KEYS: &str = "DFSP_API_KEYS";

/// The key of the sandbox, which stands in its documentation.
pub const DEVELOPMENT_KEY_SHA256: &str =
    "ef67d4151dc5666433e659d6a1a7cc3da25426bc89fe49c4a7dac38f51617140";

const HASH_BYTES: usize = 32;

/// Those of a bank's channels, with room for new ones.
const MAX_KEYS: usize = 200;

/// Longer than the keys that are made here. What is longer is not hashed.
const MAX_KEY_BYTES: usize = 256;

/// The keys that are known, by their hashes.
#[derive(Clone)]
pub struct ApiKeys(Vec<KnownKey>);

#[derive(Clone)]
struct KnownKey {
    holder: ChannelName,
    hash: [u8; HASH_BYTES],
}

/// The names alone.
impl fmt::Debug for ApiKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holders = self.0.iter().map(|key| key.holder.as_str());
        formatter.debug_set().entries(holders).finish()
    }
}

impl ApiKeys {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        let made_by = concat!(
            "the DFSP API asks its callers for a key. `",
            env!("CARGO_PKG_NAME"),
            " api-key NAME` makes one for a channel and says what to set here"
        );
        let text = variables.required(KEYS, made_by)?;
        let mut keys: Vec<KnownKey> = Vec::new();
        for entry in text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
        {
            let key = entry.rsplit_once(':').and_then(|(holder, hash)| {
                Some(KnownKey {
                    holder: holder.parse().ok()?,
                    hash: from_hexadecimal(hash)?,
                })
            });
            // What is wrong is not repeated: it may be a key that somebody has
            // taken for its hash.
            let Some(key) = key else {
                variables.problem(
                    KEYS,
                    "is not a list of name:hash with commas between, where a hash is the SHA-256 \
                     of a key in 64 hexadecimal digits",
                );
                return None;
            };
            if keys.iter().any(|known| known.hash == key.hash) {
                variables.problem(KEYS, "holds a key twice: nobody could say whose it is");
                return None;
            }
            if !cfg!(feature = "sandbox") && hash_as_text(&key.hash) == DEVELOPMENT_KEY_SHA256 {
                variables.problem(KEYS, "holds the key of the sandbox, which everybody knows");
                return None;
            }
            keys.push(key);
        }
        if keys.is_empty() || keys.len() > MAX_KEYS {
            variables.problem(KEYS, &format!("does not hold 1 to {MAX_KEYS} keys"));
            return None;
        }
        Some(Self(keys))
    }

    /// Whose key this is. It takes as long for a key that is almost right as
    /// for any other, and as long for the first as for the last.
    pub fn holder_of(&self, key: &[u8]) -> Option<ChannelName> {
        if key.len() > MAX_KEY_BYTES {
            return None;
        }
        let hash = digest(&SHA256, key);
        let nobody = u16::MAX;
        let mut found = nobody;
        for (index, known) in (0..nobody).zip(&self.0) {
            found.conditional_assign(&index, hash.as_ref().ct_eq(&known.hash));
        }
        let known = self.0.get(usize::from(found))?;
        Some(known.holder.clone())
    }
}

/// A new key: 256 random bits, in hexadecimal digits.
pub fn new_key() -> Option<String> {
    let mut bytes = [0; HASH_BYTES];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(hash_as_text(&bytes))
}

/// The hash of a key as the configuration has it.
pub fn hash_of(key: &[u8]) -> String {
    let hash = digest(&SHA256, key);
    hash_as_text(hash.as_ref())
}

fn hash_as_text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hexadecimal(text: &str) -> Option<[u8; HASH_BYTES]> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let bytes: Option<Vec<u8>> = pairs
        .iter()
        .map(|[high, low]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok())
        .collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Problems;

    fn read(keys: &str) -> Result<ApiKeys, Problems> {
        let lookup = |name: &str| (name == KEYS).then(|| keys.to_owned());
        let mut variables = Variables::of(&lookup);
        let keys = ApiKeys::read(&mut variables);
        variables.finish(keys)
    }

    fn holder(keys: &ApiKeys, key: &str) -> Option<String> {
        keys.holder_of(key.as_bytes())
            .map(|holder| holder.to_string())
    }

    #[test]
    fn two_keys_of_a_channel_count_while_one_replaces_the_other() {
        let [old, new, other] = ["old", "new", "other"].map(|key| hash_of(key.as_bytes()));
        let keys = read(&format!(
            "app:{old}, app:{},branch:{other}",
            new.to_uppercase()
        ))
        .unwrap();
        assert_eq!(holder(&keys, "old").as_deref(), Some("app"));
        assert_eq!(holder(&keys, "new").as_deref(), Some("app"));
        assert_eq!(holder(&keys, "other").as_deref(), Some("branch"));
        for wrong in ["", "app", "old ", &old] {
            assert_eq!(holder(&keys, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_key_in_the_place_of_its_hash_is_refused_and_not_printed() {
        for keys in ["app:hunter2", "hunter2", "app:", &"hunter2".repeat(20)] {
            let problems = read(keys).unwrap_err().to_string();
            assert!(problems.contains("- DFSP_API_KEYS "), "{problems}");
            assert!(!problems.contains("hunter2"), "{problems}");
        }
    }

    #[test]
    fn the_same_key_is_not_that_of_two_channels() {
        let hash = hash_of(b"shared");
        assert!(read(&format!("app:{hash},branch:{hash}")).is_err());
    }

    #[test]
    fn a_new_key_is_not_one_that_was_made_before() {
        let [one, other] = [(); 2].map(|()| new_key().unwrap());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
    }

    #[test]
    fn the_key_of_the_sandbox_opens_nothing_without_the_sandbox() {
        let read = read(&format!("sandbox:{DEVELOPMENT_KEY_SHA256}"));
        assert_eq!(read.is_ok(), cfg!(feature = "sandbox"));
    }
}
