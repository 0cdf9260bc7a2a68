//! The disk that a journal in a file lies on.

use std::path::Path;

use rustix::fs::{statfs, statvfs};

use super::{Findings, Severity};

/// A day of a busy bank: a payment leaves some kilobytes.
const COMFORTABLE: u64 = 1024 * 1024 * 1024;

/// With less, a backlog can fill it.
const LEAST: u64 = 100 * 1024 * 1024;

/// What kinds of file systems call themselves, where a journal must not lie.
const UNFIT: [(u32, &str, &str); 8] = [
    (
        0x0102_1994,
        "tmpfs",
        "it is memory, and gone with the machine",
    ),
    (
        0x8584_58f6,
        "ramfs",
        "it is memory, and gone with the machine",
    ),
    (
        0x794c_7630,
        "overlay",
        "it is the container's own layer, and gone with the container",
    ),
    (
        0x0000_6969,
        "nfs",
        "locks over a network cannot be relied on",
    ),
    (
        0xff53_4d42,
        "cifs",
        "locks over a network cannot be relied on",
    ),
    (
        0xfe53_4d42,
        "smb2",
        "locks over a network cannot be relied on",
    ),
    (
        0x0000_517b,
        "smb",
        "locks over a network cannot be relied on",
    ),
    (
        0x0102_1997,
        "9p",
        "locks over a network cannot be relied on",
    ),
];

/// `folder` is that of the journal.
pub fn examine(folder: &Path, findings: &mut Findings) {
    let subject = "disk";
    let at = folder.display();
    let free = match statvfs(folder) {
        Ok(figures) => figures.f_bavail.saturating_mul(figures.f_frsize),
        Err(error) => {
            return findings.add(
                Severity::Danger,
                subject,
                format!("{at} cannot be looked at: {error}"),
                "make the folder, and give the connector's user the right to write in it",
            );
        }
    };
    let megabytes = free / (1024 * 1024);
    match free {
        free if free < LEAST => findings.add(
            Severity::Danger,
            subject,
            format!("{megabytes} MiB are free at {at}: without a record no payment goes on"),
            "make room, or put the journal on a larger disk",
        ),
        free if free < COMFORTABLE => findings.add(
            Severity::Warning,
            subject,
            format!("{megabytes} MiB are free at {at}"),
            "make room, and have somebody alerted before it is full",
        ),
        _ => findings.fine(subject, format!("{megabytes} MiB are free at {at}")),
    }
    let kind = statfs(folder)
        .ok()
        .and_then(|figures| u32::try_from(figures.f_type).ok());
    let unfit = UNFIT.iter().find(|(number, ..)| Some(*number) == kind);
    if let Some((_, name, why)) = unfit {
        findings.add(
            Severity::Danger,
            "file system",
            format!("{at} is of the kind {name}: {why}"),
            "put the journal on a local disk that outlives container and machine, or use PostgreSQL",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_no_place_for_a_journal() {
        let mut findings = Findings::default();
        examine(Path::new("/dev/shm"), &mut findings);
        let found = findings
            .0
            .iter()
            .find(|found| found.subject == "file system")
            .unwrap();
        assert_eq!(found.severity, Severity::Danger, "{found:?}");
        assert!(found.state.contains("tmpfs"), "{found:?}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_pointed_out() {
        let mut findings = Findings::default();
        examine(Path::new("/nowhere/at/all"), &mut findings);
        assert_eq!(findings.worst(), Severity::Danger);
    }
}
