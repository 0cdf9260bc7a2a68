//! A channel that is known by its client certificate.
//!
//! The connection has proven by then that the configured authority has signed
//! the certificate and that the caller has its key. The channel is called as
//! the certificate says: by its first DNS name (subjectAltName).

use std::collections::BTreeSet;

use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

use crate::{domain::channel::ChannelName, environment::Variables};

const NAMES: &str = "DFSP_API_CLIENT_NAMES";

/// Whose certificates count.
#[derive(Debug, Clone)]
pub struct ClientNames {
    /// `None`: every one that the authority has signed.
    allowed: Option<BTreeSet<String>>,
}

impl ClientNames {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        let Some(text) = variables.text(NAMES) else {
            return Some(Self { allowed: None });
        };
        let names = text.split(',').map(str::trim);
        let names: BTreeSet<String> = names.map(str::to_ascii_lowercase).collect();
        if names
            .iter()
            .any(|name| name.parse::<ChannelName>().is_err())
        {
            variables.problem(NAMES, "is not a list of DNS names with commas between");
            return None;
        }
        Some(Self {
            allowed: Some(names),
        })
    }

    pub fn known(&self, name: &ChannelName) -> Option<ChannelName> {
        let allowed = self.allowed.as_ref();
        allowed
            .is_none_or(|allowed| allowed.contains(name.as_str()))
            .then(|| name.clone())
    }
}

/// What a certificate calls its holder.
pub fn holder_of(certificate: &CertificateDer<'_>) -> Option<ChannelName> {
    let certificate = EndEntityCert::try_from(certificate).ok()?;
    let name = certificate.valid_dns_names().next()?;
    name.to_ascii_lowercase().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> ClientNames {
        let lookup = |name: &str| (name == NAMES).then(|| text.to_owned());
        ClientNames::read(&mut Variables::of(&lookup)).unwrap()
    }

    #[test]
    fn only_those_that_are_named_count_if_any_are() {
        let app: ChannelName = "app.bank.example".parse().unwrap();
        assert!(names("").known(&app).is_some());
        assert!(
            names("branch.bank.example, App.bank.example")
                .known(&app)
                .is_some()
        );
        assert!(names("branch.bank.example").known(&app).is_none());
    }
}
