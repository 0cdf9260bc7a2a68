//! Who the connector is to the bank, and the bank to the connector: holders of
//! certificates. Those in the folder beside this file are for tests alone.

use std::{
    io::{Read, Write},
    net::TcpListener,
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
};

use core_connector::{
    core_banking::{
        self, Client,
        authentication::Settings,
        port::{BankError, Customers},
    },
    environment::{Problems, Variables},
    operations::startup::choose_tls,
};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};

use crate::bank::{PATIENT, PAYEE, account, amount};

const REAL_BANK: &str = "https://192.0.2.1";

/// The sandbox bank is called without TLS.
pub fn settings() -> Settings {
    Settings::read(&mut Variables::of(&|_| None)).unwrap()
}

/// A file of the folder beside this one.
fn file(name: &str) -> PathBuf {
    PathBuf::from(file!()).with_extension("").join(name)
}

fn read(base_url: &str, [authority, certificate, key]: [&str; 3]) -> Result<Settings, Problems> {
    let path = |name: &str| Some(file(name).to_str().unwrap().to_owned());
    let lookup = |name: &str| match name {
        "CBS_BASE_URL" => Some(base_url.to_owned()),
        "CBS_CA_FILE" => path(authority),
        "CBS_CLIENT_CERTIFICATE_FILE" => path(certificate),
        "CBS_CLIENT_KEY_FILE" => path(key),
        _ => None,
    };
    let mut variables = Variables::of(&lookup);
    let settings = Settings::read(&mut variables);
    variables.finish(settings)
}

/// A connector that trusts this authority.
fn client_that_trusts(authority: &str, port: u16) -> Client {
    let base_url = format!("https://127.0.0.1:{port}");
    let settings = read(&base_url, [authority, "connector.pem", "connector.key"]);
    Client::new(core_banking::Settings {
        base_url: base_url.parse().unwrap(),
        authentication: settings.unwrap(),
        timeout: PATIENT,
        max_idle_connections: 4,
    })
    .unwrap()
}

/// A bank that serves those who have a certificate of the authority, once.
/// Tells whose certificate it was; nothing, if nobody got as far as that.
fn bank() -> (u16, mpsc::Receiver<CertificateDer<'static>>) {
    choose_tls();
    let certificate = |name| CertificateDer::from_pem_file(file(name)).unwrap();
    let mut authorities = RootCertStore::empty();
    authorities.add(certificate("authority.pem")).unwrap();
    let callers = WebPkiClientVerifier::builder(Arc::new(authorities));
    let config = ServerConfig::builder()
        .with_client_cert_verifier(callers.build().unwrap())
        .with_single_cert(
            vec![certificate("bank.pem")],
            PrivateKeyDer::from_pem_file(file("bank.key")).unwrap(),
        );
    let session = ServerConnection::new(Arc::new(config.unwrap())).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(PATIENT)).unwrap();
        let mut stream = StreamOwned::new(session, socket);
        // Of a caller who does not trust the bank, there is nothing to read.
        if stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {
            let certificates = stream.conn.peer_certificates().unwrap();
            tell.send(certificates[0].clone().into_owned()).unwrap();
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            stream.write_all(answer.as_bytes()).unwrap();
            stream.conn.send_close_notify();
            stream.flush().unwrap();
            // The connection is open until the caller has read the answer.
            let _ = stream.read(&mut [0; 4096]);
        }
    });
    (port, told)
}

#[tokio::test]
async fn the_bank_is_shown_the_certificate_of_the_connector() {
    let (port, told) = bank();
    let client = client_that_trusts("authority.pem", port);
    let checked = client.check_credit(&account(PAYEE), amount("10")).await;
    assert_eq!(checked, Ok(()));
    let shown = told.recv_timeout(PATIENT).unwrap();
    let own = CertificateDer::from_pem_file(file("connector.pem")).unwrap();
    assert_eq!(shown, own);
}

#[tokio::test]
async fn a_bank_that_another_authority_vouches_for_is_told_nothing() {
    let (port, told) = bank();
    let client = client_that_trusts("other_authority.pem", port);
    let checked = client.check_credit(&account(PAYEE), amount("10")).await;
    assert!(
        matches!(checked, Err(BankError::Unreachable(_))),
        "{checked:?}"
    );
    assert!(told.recv_timeout(PATIENT).is_err());
}

#[test]
fn what_is_wrong_with_the_files_is_said_at_the_start() {
    let all = ["authority.pem", "connector.pem", "connector.key"];
    assert!(read(REAL_BANK, all).is_ok());
    for (base_url, files, problem) in [
        ("http://192.0.2.1", all, "CBS_BASE_URL has to begin with"),
        (
            REAL_BANK,
            ["nowhere.pem", "connector.pem", "connector.key"],
            "CBS_CA_FILE cannot be read",
        ),
        (
            REAL_BANK,
            ["connector.key", "connector.pem", "connector.key"],
            "CBS_CA_FILE holds no certificate",
        ),
        (
            REAL_BANK,
            ["authority.pem", "connector.key", "connector.key"],
            "CBS_CLIENT_CERTIFICATE_FILE holds no certificate",
        ),
        (
            REAL_BANK,
            ["authority.pem", "connector.pem", "connector.pem"],
            "CBS_CLIENT_KEY_FILE holds no private key",
        ),
        (
            REAL_BANK,
            ["authority.pem", "connector.pem", "bank.key"],
            "CBS_CLIENT_KEY_FILE does not belong to CBS_CLIENT_CERTIFICATE_FILE",
        ),
    ] {
        let problems = read(base_url, files).unwrap_err().to_string();
        assert!(problems.contains(&format!("- {problem}")), "{problems}");
    }
}

#[test]
fn the_sandbox_bank_needs_no_certificate_and_a_real_one_all_three() {
    settings();
    let lookup = |name: &str| (name == "CBS_BASE_URL").then(|| REAL_BANK.to_owned());
    let mut variables = Variables::of(&lookup);
    let settings = Settings::read(&mut variables);
    let problems = variables.finish(settings).unwrap_err().to_string();
    for name in [
        "CBS_CA_FILE",
        "CBS_CLIENT_CERTIFICATE_FILE",
        "CBS_CLIENT_KEY_FILE",
    ] {
        assert!(
            problems.contains(&format!("- {name} is missing")),
            "{problems}"
        );
    }
}
