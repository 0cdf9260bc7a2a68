//! Who may call, and how often.

use std::{fs, path::PathBuf, time::SystemTime};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use core_connector::{
    domain::transfer_id::TransferId,
    mojaloop::{callers::api_keys::hash_of, http::guard::KEY_HEADER},
    sandbox::{DEVELOPMENT_KEY, development_keys},
};
use reqwest::{Certificate, Client, Identity, Method};
use ring::{
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    },
};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    caller::{Caller, answer},
    customers::Customer::Joshua,
    outgoing_payment::send_money,
    test_connector::TestConnector,
};

/// A question about a payment that does not exist: 404 for whoever is let in.
fn question() -> String {
    format!("/transfers/{}", TransferId::generate())
}

fn certificate(file: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/certificates");
    folder.join(file)
}

fn path(file: &str) -> String {
    certificate(file).display().to_string()
}

impl TestConnector {
    /// A channel that shows this in a header.
    fn channel(&self, header: &str, value: &str) -> Caller {
        Caller::showing(format!("http://{}", self.dfsp.address()), header, value)
    }
}

#[tokio::test]
async fn whoever_shows_no_key_or_a_wrong_one_learns_nothing_and_does_nothing() {
    let connector = TestConnector::start().await;
    let callers = [
        Caller::of(format!("http://{}", connector.dfsp.address())),
        connector.channel(KEY_HEADER, "another-key"),
        connector.channel(KEY_HEADER, ""),
        connector.channel(KEY_HEADER, &hash_of(DEVELOPMENT_KEY.as_bytes())),
        connector.channel("Authorization", &format!("Bearer {DEVELOPMENT_KEY}")),
    ];
    let document = connector.dfsp.get("/openapi.json").await.served();
    for caller in &callers {
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if operation.get("security").is_none() {
                    continue;
                }
                let method: Method = method.to_uppercase().parse().unwrap();
                let request = caller.request(method, path).json(&json!({}));
                answer(request).await.assert_error(401, "3100");
            }
        }
        caller.get("/nowhere").await.assert_error(401, "3100");
        let payment = send_money(Joshua, "100");
        caller
            .post("/send-money", &payment)
            .await
            .assert_error(401, "3100");
    }
    let request = callers[0].request(Method::GET, &question());
    let challenge = request.send().await.unwrap().headers()["www-authenticate"].clone();
    assert_eq!(challenge, "ApiKey");
    connector.assert_books([]);
}

#[tokio::test]
async fn whether_it_lives_and_what_it_is_can_be_asked_without_a_key() {
    let connector = TestConnector::start().await;
    let anybody = Caller::of(format!("http://{}", connector.dfsp.address()));
    for path in ["/", "/health", "/openapi.json"] {
        anybody.get(path).await.served();
    }
}

#[tokio::test]
async fn a_channel_is_not_answered_with_the_payment_of_another() {
    let [app, branch] = ["app", "branch"].map(|name| (name, hash_of(name.as_bytes())));
    let keys = format!("{}:{},{}:{}", app.0, app.1, branch.0, branch.1);
    let connector = TestConnector::with(&[("DFSP_API_KEYS", &keys)]).await;
    let app = connector.channel(KEY_HEADER, "app");
    let branch = connector.channel(KEY_HEADER, "branch");
    let payment = send_money(Joshua, "100");
    let offered = app.post("/send-money", &payment).await.served();
    // They number their payments each by itself.
    branch
        .post("/send-money", &payment)
        .await
        .assert_error(400, "3106");
    let again = app.post("/send-money", &payment).await.served();
    let id = |answer: &Value| {
        let names = ["transactionId", "transferId"];
        names
            .iter()
            .find_map(|name| answer[name].as_str().map(str::to_owned))
    };
    assert_eq!(id(&again), id(&offered));
    let kept = connector.outgoing(&connector.id_of(&payment).await).await;
    assert_eq!(kept.payment.request.channel.unwrap().as_str(), "app");
}

#[tokio::test]
async fn a_channel_that_asks_too_often_is_told_when_to_come_back_and_others_are_served() {
    let keys = format!("{},other:{}", development_keys(), hash_of(b"other"));
    let connector = TestConnector::with(&[
        ("DFSP_API_KEYS", &keys),
        ("DFSP_API_LOOK_UPS_PER_MINUTE", "1"),
    ])
    .await;
    let payment = send_money(Joshua, "100");
    connector.dfsp.post("/send-money", &payment).await.served();
    let refused = connector.dfsp.post("/send-money", &payment).await;
    refused.assert_error(429, "2003");
    // Nor is anybody looked up under another spelling of the path.
    let encoded = connector.dfsp.get("/%70arties/MSISDN/27713803912").await;
    encoded.assert_error(429, "2003");
    // Of what is answered without a name there is more.
    connector
        .dfsp
        .get(&question())
        .await
        .assert_error(404, "3208");
    let other = connector.channel(KEY_HEADER, "other");
    other
        .post("/send-money", &send_money(Joshua, "100"))
        .await
        .served();

    let one = [("DFSP_API_REQUESTS_PER_MINUTE", "1")];
    let connector = TestConnector::with(&one).await;
    connector
        .dfsp
        .get(&question())
        .await
        .assert_error(404, "3208");
    connector
        .dfsp
        .get(&question())
        .await
        .assert_error(429, "2003");
    let request = connector.dfsp.request(Method::GET, &question());
    let response = request.send().await.unwrap();
    let wait: u64 = response.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    connector.dfsp.get("/health").await.served();
}

#[tokio::test]
async fn only_who_has_a_certificate_of_the_authority_is_let_in_with_mutual_tls() {
    let (server, key, authority) = (
        path("server.pem"),
        path("server.key"),
        path("authority.pem"),
    );
    let connector = TestConnector::with(&[
        ("DFSP_API_AUTHENTICATION", "mtls"),
        ("DFSP_API_TLS_CERTIFICATE_FILE", &server),
        ("DFSP_API_TLS_KEY_FILE", &key),
        ("DFSP_API_TLS_CLIENT_CA_FILE", &authority),
        ("DFSP_API_CLIENT_NAMES", "app.bank.example"),
    ])
    .await;
    let client = |holder: Option<&str>| {
        let authority = fs::read(certificate("authority.pem")).unwrap();
        let authority = Certificate::from_pem(&authority).unwrap();
        let mut client = Client::builder().no_proxy().tls_certs_only([authority]);
        if let Some(holder) = holder {
            let [pem, key] = ["pem", "key"]
                .map(|kind| fs::read(certificate(&format!("{holder}.{kind}"))).unwrap());
            let identity = Identity::from_pem(&[key, b"\n".to_vec(), pem].concat()).unwrap();
            client = client.identity(identity);
        }
        client.build().unwrap()
    };
    let url = |path: &str| format!("https://{}{path}", connector.dfsp.address());

    let channel = client(Some("channel"))
        .get(url(&question()))
        .send()
        .await
        .unwrap();
    assert_eq!(channel.status(), 404);
    let nobody = client(None);
    let with_key = nobody
        .get(url(&question()))
        .header(KEY_HEADER, DEVELOPMENT_KEY);
    assert_eq!(with_key.send().await.unwrap().status(), 401);
    let health = nobody.get(url("/health")).send().await.unwrap();
    assert_eq!(health.status(), 200, "orchestrators have no certificate");
    let stranger = client(Some("stranger")).get(url(&question())).send().await;
    assert!(stranger.is_err(), "another authority has signed it");
}

/// Who signs tokens.
enum Signer {
    EdDsa(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
}

impl Signer {
    fn all() -> [Self; 3] {
        let random = SystemRandom::new();
        let ed = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let es = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let rs = PrivatePkcs8KeyDer::from_pem_file(certificate("server.key")).unwrap();
        let es = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, es.as_ref(), &random);
        [
            Self::EdDsa(Ed25519KeyPair::from_pkcs8(ed.as_ref()).unwrap()),
            Self::Es256(es.unwrap()),
            Self::Rs256(RsaKeyPair::from_pkcs8(rs.secret_pkcs8_der()).unwrap()),
        ]
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::EdDsa(_) => "EdDSA",
            Self::Es256(_) => "ES256",
            Self::Rs256(_) => "RS256",
        }
    }

    /// The public key, named like its algorithm.
    fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut key = match self {
            Self::EdDsa(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": text(key.public_key().as_ref()) })
            }
            Self::Es256(key) => {
                let point = key.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..]) })
            }
            Self::Rs256(key) => {
                let key: PublicKeyComponents<Vec<u8>> = key.public().into();
                json!({ "kty": "RSA", "n": text(&key.n), "e": text(&key.e) })
            }
        };
        key["kid"] = self.algorithm().into();
        key["use"] = "sig".into();
        key
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::EdDsa(key) => key.sign(message).as_ref().to_vec(),
            Self::Es256(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

fn seconds_from_now(seconds: i64) -> i64 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    i64::try_from(now.as_secs()).unwrap() + seconds
}

fn with(mut value: Value, name: &str, other: Value) -> Value {
    value[name] = other;
    value
}

#[tokio::test]
async fn a_token_counts_if_it_is_signed_and_for_here_and_not_over() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("jwks.json");
    let signers = Signer::all();
    let mut keys: Vec<Value> = signers.iter().map(Signer::jwk).collect();
    keys.push(json!({ "kty": "of a kind that nobody knows here" }));
    fs::write(&file, json!({ "keys": keys }).to_string()).unwrap();
    let file = file.display().to_string();
    let connector = TestConnector::with(&[
        ("DFSP_API_AUTHENTICATION", "jwt"),
        ("DFSP_API_JWT_ISSUER", "https://identity.bank.example"),
        ("DFSP_API_JWT_AUDIENCE", "connector"),
        ("DFSP_API_JWKS_FILE", &file),
    ])
    .await;
    let status = async |token: &str| {
        let caller = connector.channel("Authorization", &format!("Bearer {token}"));
        caller.get(&question()).await.status
    };
    let claims = json!({
        "iss": "https://identity.bank.example",
        "aud": ["connector", "another"],
        "sub": "app",
        "exp": seconds_from_now(300),
    });
    for signer in &signers {
        let algorithm = signer.algorithm();
        let header = json!({ "alg": algorithm, "typ": "JWT", "kid": algorithm });
        let token = signer.token(&header, &claims);
        assert_eq!(status(&token).await, 404, "{algorithm}");
        let (message, signature) = token.rsplit_once('.').unwrap();
        let other = signer.token(&header, &with(claims.clone(), "sub", json!("other")));
        let (other, _) = other.rsplit_once('.').unwrap();
        assert_eq!(
            status(&format!("{other}.{signature}")).await,
            401,
            "not what was signed"
        );
        assert_eq!(status(&format!("{message}.")).await, 401, "not signed");
    }

    let signer = &signers[0];
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": "EdDSA" });
    for (what, wrong) in [
        (
            "over",
            with(claims.clone(), "exp", json!(seconds_from_now(-300))),
        ),
        ("without an end", with(claims.clone(), "exp", Value::Null)),
        (
            "an end that is no number",
            with(claims.clone(), "exp", json!("never")),
        ),
        (
            "not yet",
            with(claims.clone(), "nbf", json!(seconds_from_now(300))),
        ),
        (
            "a beginning that is no number",
            with(claims.clone(), "nbf", json!("later")),
        ),
        (
            "of another",
            with(claims.clone(), "iss", json!("https://identity.example")),
        ),
        ("for another", with(claims.clone(), "aud", json!("another"))),
        ("for nobody", with(claims.clone(), "aud", Value::Null)),
        ("of no channel", with(claims.clone(), "sub", Value::Null)),
        (
            "of a channel with an odd name",
            with(claims.clone(), "sub", json!("a\nb")),
        ),
    ] {
        assert_eq!(status(&signer.token(&header, &wrong)).await, 401, "{what}");
    }
    for (what, wrong) in [
        (
            "the key of another algorithm",
            with(header.clone(), "kid", json!("ES256")),
        ),
        (
            "a key that nobody knows",
            with(header.clone(), "kid", json!("new")),
        ),
        (
            "no signature at all",
            with(header.clone(), "alg", json!("none")),
        ),
        (
            "a shared secret",
            with(header.clone(), "alg", json!("HS256")),
        ),
        (
            "another algorithm",
            with(header.clone(), "alg", json!("RS256")),
        ),
    ] {
        assert_eq!(status(&signer.token(&wrong, &claims)).await, 401, "{what}");
    }
    connector
        .channel(KEY_HEADER, DEVELOPMENT_KEY)
        .get(&question())
        .await
        .assert_error(401, "3100");
}

#[tokio::test]
async fn the_backend_api_can_be_left_to_some_addresses() {
    let party = "/parties/MSISDN/46733123450";
    let elsewhere = [("BACKEND_API_ALLOWED_PEERS", "192.0.2.0/24")];
    let connector = TestConnector::with(&elsewhere).await;
    connector.backend.get(party).await.assert_error(403, "3100");
    connector.backend.get("/health").await.served();
    connector.backend.get("/ready").await.served();

    let here = [("BACKEND_API_ALLOWED_PEERS", "192.0.2.0/24,127.0.0.1")];
    let connector = TestConnector::with(&here).await;
    assert_ne!(connector.backend.get(party).await.status, 403);
}
