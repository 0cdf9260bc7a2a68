//! What the doctor sees beside a connector that runs, and what it leaves alone.

use std::fs;

use core_connector::operations::commands::Finding;
use serde_json::Value;
use tempfile::TempDir;

use crate::test_connector::TestConnector;

impl TestConnector {
    /// How bad the worst of a subject is, if it was looked at.
    async fn severity(&self, subject: &str, other: &[(&str, &str)]) -> Option<String> {
        let (_, found) = self.examine("--json", other).await;
        let found: Value = serde_json::from_str(&found).unwrap();
        let findings = found["findings"].as_array().unwrap().iter();
        let of_subject = findings.filter(|finding| finding["subject"] == subject);
        let severities = of_subject.map(|finding| finding["severity"].as_str().unwrap());
        let rank = |severity: &&str| {
            let ranks = ["fine", "unknown", "warning", "danger"];
            ranks.iter().position(|known| known == severity)
        };
        severities.max_by_key(rank).map(str::to_owned)
    }
}

fn danger() -> Option<String> {
    Some("danger".to_owned())
}

fn fine() -> Option<String> {
    Some("fine".to_owned())
}

#[tokio::test]
async fn what_is_sound_is_fine_and_nothing_is_done_to_it() {
    let connector = TestConnector::start().await;
    for subject in [
        "configuration",
        "Mojaloop Connector",
        "callers of the DFSP API",
    ] {
        assert_eq!(connector.severity(subject, &[]).await, fine(), "{subject}");
    }
    // A database for tests may be set to forget, which is pointed out besides.
    let (_, text) = connector.examine("", &[]).await;
    let writable = "fine     journal: it can be read and written";
    assert!(text.contains(writable), "{text}");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_bank_or_a_mojaloop_connector_that_is_away_endangers_money() {
    let connector = TestConnector::start().await;
    let nobody = [
        ("SANDBOX_BANK_PORT", "9"),
        ("SDK_BASE_URL", "http://127.0.0.1:9"),
    ];
    for subject in ["core banking system", "Mojaloop Connector"] {
        assert_eq!(
            connector.severity(subject, &nobody).await,
            danger(),
            "{subject}"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_no_journal_endangers_money() {
    let connector = TestConnector::start().await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("journal.db");
    fs::write(&file, "this is no journal").unwrap();
    let database = format!("sqlite:{}", file.display());
    let other = [("DATABASE_URL", database.as_str())];
    assert_eq!(connector.severity("journal", &other).await, danger());
}

#[tokio::test]
async fn all_problems_of_the_configuration_are_found_at_once_each_with_its_remedy() {
    let connector = TestConnector::start().await;
    let wrong = [("CBS_REQUEST_TIMEOUT_MS", "20000"), ("LOG_FORMAT", "xml")];
    let (finding, text) = connector.examine("", &wrong).await;
    assert_eq!(finding, Finding::Dangers);
    for (name, _) in wrong {
        assert!(
            text.contains(&format!("DANGER   configuration: {name} ")),
            "{text}"
        );
    }
    assert!(text.contains("-> set it as .env.example says"), "{text}");
}

#[tokio::test]
async fn an_api_without_authentication_is_pointed_out() {
    let connector = TestConnector::start().await;
    let open = [
        ("DFSP_API_AUTHENTICATION", "none"),
        ("DFSP_SERVER_HOST", "0.0.0.0"),
    ];
    assert_eq!(
        connector.severity("callers of the DFSP API", &open).await,
        danger()
    );
    let open = [("SDK_SERVER_HOST", "0.0.0.0")];
    let severity = connector
        .severity("callers of the backend API", &open)
        .await;
    assert_eq!(severity.as_deref(), Some("warning"));
}

#[tokio::test]
async fn a_mojaloop_connector_that_agrees_for_the_payer_is_found_in_its_environment() {
    let connector = TestConnector::start().await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("sdk.env");
    fs::write(&file, "AUTO_ACCEPT_QUOTES=true\n").unwrap();
    let (finding, text) = connector
        .examine(&format!("--sdk-env '{}'", file.display()), &[])
        .await;
    assert_eq!(finding, Finding::Dangers);
    assert!(text.contains("AUTO_ACCEPT_QUOTES is true"), "{text}");
    assert!(
        text.contains("-> set AUTO_ACCEPT_QUOTES=false over there"),
        "{text}"
    );
}
