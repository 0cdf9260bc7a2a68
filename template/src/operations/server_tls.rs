//! TLS of the DFSP API: the connector's own certificate, and the authority that
//! vouches for those of the channels.

use std::{fmt, fs, sync::Arc};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};

use crate::environment::Variables;

const CERTIFICATE: &str = "DFSP_API_TLS_CERTIFICATE_FILE";
const KEY: &str = "DFSP_API_TLS_KEY_FILE";
const AUTHORITY: &str = "DFSP_API_TLS_CLIENT_CA_FILE";

/// How a server speaks TLS. The files are read once, at the start.
#[derive(Clone)]
pub struct ServerTls(Arc<ServerConfig>);

/// Without what is secret.
impl fmt::Debug for ServerTls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServerTls").finish_non_exhaustive()
    }
}

impl ServerTls {
    /// `None` if none is configured. Where callers are known by certificates,
    /// there has to be one.
    pub fn read(variables: &mut Variables, knows_callers_by_certificate: bool) -> Option<Self> {
        let is_configured = variables.text(CERTIFICATE).is_some() || variables.text(KEY).is_some();
        if !is_configured && !knows_callers_by_certificate {
            return None;
        }
        let certificate = file(variables, CERTIFICATE, "the certificate of the DFSP API");
        let key = file(variables, KEY, "the key of that certificate");
        let authority = match knows_callers_by_certificate {
            true => Some(file(
                variables,
                AUTHORITY,
                "the certificate of the authority that signs those of the channels",
            )),
            false => None,
        };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&certificate?).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        if chain.is_none() {
            variables.problem(CERTIFICATE, "holds no certificate in PEM form");
        }
        // What is wrong with a key is not said: it is a secret.
        let key = PrivateKeyDer::from_pem_slice(&key?).ok();
        if key.is_none() {
            variables.problem(KEY, "holds no private key in PEM form");
        }
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_safe_default_protocol_versions().ok()?;
        let config = match authority {
            None => config.with_no_client_auth(),
            Some(pem) => {
                let authorities = authorities(&pem?);
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider)
                        // Whether this process lives is asked without a certificate; for
                        // everything else there has to be one.
                        .allow_unauthenticated()
                        .build();
                let Ok(verifier) = verifier else {
                    variables.problem(AUTHORITY, "holds no certificate in PEM form");
                    return None;
                };
                config.with_client_cert_verifier(verifier)
            }
        };
        let config = config.with_single_cert(chain?, key?);
        config
            .map(|config| Self(Arc::new(config)))
            .map_err(|error| {
                let problem = format!("does not belong to {CERTIFICATE}: {error}");
                variables.problem(KEY, &problem);
            })
            .ok()
    }

    pub fn config(&self) -> ServerConfig {
        ServerConfig::clone(&self.0)
    }
}

fn file(variables: &mut Variables, name: &str, what: &str) -> Option<Vec<u8>> {
    let path = variables.required(name, &format!("a PEM file with {what}"))?;
    fs::read(path)
        .map_err(|error| variables.problem(name, &format!("cannot be read: {error}")))
        .ok()
}

fn authorities(pem: &[u8]) -> RootCertStore {
    let mut authorities = RootCertStore::empty();
    let certificates = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
    authorities.add_parsable_certificates(certificates);
    authorities
}
