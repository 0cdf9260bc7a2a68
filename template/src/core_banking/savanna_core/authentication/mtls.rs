//! Who the connector is to the bank: the holder of a client certificate. And
//! who the bank is: the holder of one that the bank's own authority has signed.

use std::{fmt, fs};

use reqwest::{Certificate, ClientBuilder, Identity};
use rustls::{
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};

use crate::environment::Variables;

const CERTIFICATE: &str = "CBS_CLIENT_CERTIFICATE_FILE";
const KEY: &str = "CBS_CLIENT_KEY_FILE";
const AUTHORITY: &str = "CBS_CA_FILE";

/// The certificates of both ends; `None` only with the sandbox bank, which is
/// called without TLS.
#[derive(Clone)]
pub struct Settings(Option<Certificates>);

#[derive(Clone)]
struct Certificates {
    /// The connector's own, with its key.
    identity: Identity,
    /// Who has to have signed the bank's.
    authorities: Vec<Certificate>,
}

/// Without what is secret.
impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Settings").finish_non_exhaustive()
    }
}

impl Settings {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        let Some(base_url) = variables.text("CBS_BASE_URL") else {
            return Some(Self(None));
        };
        if !base_url.starts_with("https://") {
            variables.problem("CBS_BASE_URL", "has to begin with https://");
        }
        let certificate = file(variables, CERTIFICATE, "the connector's certificate");
        let key = file(variables, KEY, "the key of the connector's certificate");
        let authorities = file(
            variables,
            AUTHORITY,
            "the certificate of the bank's authority",
        );
        let authorities = authorities.and_then(|pem| read_authorities(variables, &pem));
        let identity = read_identity(variables, &certificate?, &key?);
        Some(Self(Some(Certificates {
            identity: identity?,
            authorities: authorities?,
        })))
    }

    /// Replace (authentication): nothing, if the bank knows the connector by
    /// its certificate alone.
    ///
    /// The bank must ask for the certificate and refuse a caller without one.
    /// Only a server that the bank's authority has vouched for is talked to;
    /// the authorities of the operating system do not count.
    pub fn equip(&self, http: ClientBuilder) -> ClientBuilder {
        match &self.0 {
            None => http,
            Some(certificates) => http
                .https_only(true)
                .tls_certs_only(certificates.authorities.clone())
                .identity(certificates.identity.clone()),
        }
    }
}

fn file(variables: &mut Variables, name: &str, what: &str) -> Option<Vec<u8>> {
    let path = variables.required(name, &format!("a PEM file with {what}"))?;
    fs::read(path)
        .map_err(|error| variables.problem(name, &format!("cannot be read: {error}")))
        .ok()
}

fn read_authorities(variables: &mut Variables, pem: &[u8]) -> Option<Vec<Certificate>> {
    let authorities = Certificate::from_pem_bundle(pem).unwrap_or_default();
    if authorities.is_empty() {
        variables.problem(AUTHORITY, "holds no certificate in PEM form");
        return None;
    }
    Some(authorities)
}

/// Certificate and key, if they belong together.
fn read_identity(variables: &mut Variables, certificate: &[u8], key: &[u8]) -> Option<Identity> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    if chain.is_none() {
        variables.problem(CERTIFICATE, "holds no certificate in PEM form");
    }
    // What is wrong with a key is not said: it is a secret.
    let private_key = PrivateKeyDer::from_pem_slice(key).ok();
    if private_key.is_none() {
        variables.problem(KEY, "holds no private key in PEM form");
    }
    let provider = ring::default_provider();
    if let Err(error) = CertifiedKey::from_der(chain?, private_key?, &provider) {
        let problem = format!("does not belong to {CERTIFICATE}: {error}");
        variables.problem(KEY, &problem);
        return None;
    }
    Identity::from_pem(&[key, b"\n", certificate].concat())
        .map_err(|_| variables.problem(CERTIFICATE, "cannot be used together with its key"))
        .ok()
}
