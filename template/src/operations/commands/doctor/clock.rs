//! Whether this machine's clock agrees with that of others.

use std::time::Duration;

use super::{Findings, Severity};

/// What a bank's settling time and the clocks of replicas can bear.
const WORRYING: Duration = Duration::from_secs(2);

/// With this, offers expire while customers read them.
const DANGEROUS: Duration = Duration::from_secs(10);

/// `ahead` says by how many milliseconds the other clock is ahead of this one,
/// and `exact_to` how exact that is.
pub fn examine(whose: &str, ahead: i64, exact_to: Duration, findings: &mut Findings) {
    let subject = "clock";
    let apart = Duration::from_millis(ahead.unsigned_abs()).saturating_sub(exact_to);
    let severity = match apart {
        apart if apart >= DANGEROUS => Severity::Danger,
        apart if apart >= WORRYING => Severity::Warning,
        _ => return findings.fine(subject, format!("it agrees with that of {whose}")),
    };
    let which = if ahead > 0 { "ahead of" } else { "behind" };
    findings.add(
        severity,
        subject,
        format!("that of {whose} is {} s {which} this one", apart.as_secs()),
        "have the clocks of all machines set by NTP: offers and leases end by them",
    );
}

/// The same of the `Date` that a server has answered with, which has whole
/// seconds.
pub fn examine_date(whose: &str, date: &str, took: Duration, findings: &mut Findings) {
    let parsed = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date);
    if let Ok(date) = parsed {
        let now = jiff::Timestamp::now();
        let ahead = date.as_millisecond() - now.as_millisecond();
        examine(whose, ahead, took + Duration::from_secs(1), findings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(ahead: i64) -> Severity {
        let mut findings = Findings::default();
        examine("the bank", ahead, Duration::from_millis(500), &mut findings);
        findings.worst()
    }

    #[test]
    fn clocks_that_are_apart_are_pointed_out_in_either_direction() {
        assert_eq!(severity(0), Severity::Fine);
        assert_eq!(
            severity(2_400),
            Severity::Fine,
            "as far as that can be said"
        );
        assert_eq!(severity(-3_000), Severity::Warning);
        assert_eq!(severity(60_000), Severity::Danger);
    }

    #[test]
    fn the_date_of_an_answer_is_read() {
        let mut findings = Findings::default();
        let long_ago = "Sun, 06 Nov 1994 08:49:37 GMT";
        examine_date("the bank", long_ago, Duration::ZERO, &mut findings);
        assert_eq!(findings.worst(), Severity::Danger, "{findings:?}");
    }
}
