//! The journal: can it be read and written, and is what is written kept?

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Findings, Severity, clock, disk};
use crate::{
    journal::{Database, inspection::Examined},
    operations::startup::open_inspection,
};

const SUBJECT: &str = "journal";

/// How many replicas there are at least, if the journal is made for them.
const REPLICAS: u32 = 2;

pub async fn examine(database: Database, findings: &mut Findings) {
    let connections = match &database {
        Database::Sqlite(path) => {
            let path = path.clone();
            disk::examine(&folder_of(&path), findings);
            if !path.exists() {
                return findings.add(
                    Severity::Warning,
                    SUBJECT,
                    format!("{} is not there yet", path.display()),
                    "nothing, before the first start; after it, check DATABASE_URL: a connector with \
                     an empty journal knows of no payment",
                );
            }
            None
        }
        Database::Postgres(settings) => {
            // One more says that the replica is alive, and one counts for the metrics.
            Some(
                u32::try_from(settings.max_connections)
                    .unwrap_or(u32::MAX)
                    .saturating_add(2),
            )
        }
    };
    let examined = match open_inspection(database).await {
        Ok(journal) => journal.examine().await,
        Err(error) => Err(error),
    };
    match examined {
        Ok(examined) => judge(&examined, connections, findings),
        Err(error) => findings.add(
            Severity::Danger,
            SUBJECT,
            error.to_string(),
            "check DATABASE_URL, the rights of its user, and that the schema is that of this version",
        ),
    }
}

fn folder_of(journal: &Path) -> PathBuf {
    let parent = journal
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let mut folder = parent.unwrap_or(Path::new(".")).to_owned();
    // The connector makes what is missing of it.
    while !folder.exists() {
        folder = match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
    }
    folder
}

/// What a database says of itself, and whether that keeps payments safe.
fn judge(examined: &Examined, connections: Option<u32>, findings: &mut Findings) {
    match &examined.not_writable {
        None => findings.fine(
            SUBJECT,
            "it can be read and written, and has this version's tables",
        ),
        Some(why) => findings.add(
            Severity::Danger,
            SUBJECT,
            format!("it cannot be written: {why}"),
            "give the connector's user the right to write, on a database that is not a copy",
        ),
    }
    for (name, value) in &examined.settings {
        let wrong = match (name.as_str(), value.as_str()) {
            ("synchronous_commit", "off") => {
                Some("what was recorded last is gone when the server fails")
            }
            ("fsync" | "full_page_writes", "off") => Some("a loss of power can ruin the journal"),
            ("journal_mode", mode) if mode != "wal" => {
                Some("readers keep the connector from writing")
            }
            _ => None,
        };
        if let Some(why) = wrong {
            findings.add(
                Severity::Danger,
                SUBJECT,
                format!("{name} is {value}: {why}"),
                format!("set {name} back to what the database has by itself"),
            );
        }
    }
    let setting = |wanted: &str| {
        let found = examined.settings.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    };
    let server_has = setting("max_connections").and_then(|number| number.parse::<u32>().ok());
    if let (Some(connections), Some(server_has)) = (connections, server_has)
        && connections.saturating_mul(REPLICAS) > server_has
    {
        findings.add(
            Severity::Warning,
            SUBJECT,
            format!(
                "the server has {server_has} connections, and {REPLICAS} replicas open {}",
                connections.saturating_mul(REPLICAS)
            ),
            "raise max_connections of the server, or lower DATABASE_MAX_CONNECTIONS",
        );
    }
    if let Some(ahead) = examined.clock_ahead_ms {
        clock::examine("the database", ahead, Duration::from_millis(500), findings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(examined: Examined, connections: Option<u32>) -> Severity {
        let mut findings = Findings::default();
        judge(&examined, connections, &mut findings);
        findings.worst()
    }

    fn with(name: &str, value: &str) -> Examined {
        Examined {
            settings: vec![(name.to_owned(), value.to_owned())],
            ..Examined::default()
        }
    }

    #[test]
    fn a_database_that_may_forget_is_dangerous() {
        for (name, value) in [
            ("synchronous_commit", "off"),
            ("fsync", "off"),
            ("full_page_writes", "off"),
            ("journal_mode", "delete"),
        ] {
            assert_eq!(worst(with(name, value), None), Severity::Danger, "{name}");
        }
        assert_eq!(
            worst(with("synchronous_commit", "on"), None),
            Severity::Fine
        );
    }

    #[test]
    fn a_database_that_cannot_be_written_is_dangerous() {
        let examined = Examined {
            not_writable: Some("it is read-only".to_owned()),
            ..Examined::default()
        };
        assert_eq!(worst(examined, None), Severity::Danger);
    }

    #[test]
    fn a_server_with_too_few_connections_for_two_replicas_is_pointed_out() {
        assert_eq!(
            worst(with("max_connections", "20"), Some(17)),
            Severity::Warning
        );
        assert_eq!(
            worst(with("max_connections", "100"), Some(17)),
            Severity::Fine
        );
    }
}
