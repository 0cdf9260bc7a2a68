//! The core banking system: is it there, does it know the connector, and does it
//! answer the question on which everything depends after a failure?

use std::time::{Duration, Instant};

use super::{Findings, Severity, clock};
use crate::{
    core_banking::port::{BankError, Booking},
    domain::{
        reference::{CreditStep, Reference},
        transfer_id::TransferId,
    },
    operations::{configuration::Configuration, startup::core_banking_client},
};

const SUBJECT: &str = "core banking system";

const CHECK_ADDRESS: &str = "check CBS_BASE_URL, the network between, and what the connector is to the bank (its key, \
     password, token or certificate)";

pub async fn examine(configuration: &Configuration, findings: &mut Findings) {
    let bank = match core_banking_client(configuration) {
        Ok(bank) => bank,
        Err(error) => {
            return findings.add(Severity::Danger, SUBJECT, error.to_string(), CHECK_ADDRESS);
        }
    };
    let nothing = Reference::of_credit(&TransferId::generate(), CreditStep::Reserve);
    let started = Instant::now();
    let answer = bank.find_booking(&nothing).await;
    judge(
        answer,
        started.elapsed(),
        configuration.cbs_timeout,
        findings,
    );
    if let Some(url) = &configuration.cbs_base_url {
        let url = url.as_str();
        if let Some((date, took)) = date_of(url, configuration.cbs_timeout).await {
            clock::examine_date("the core banking system", &date, took, findings);
        }
    }
}

/// What the answer says that there is about a reference that was never given.
fn judge(
    answer: Result<Option<Booking>, BankError>,
    took: Duration,
    timeout: Duration,
    findings: &mut Findings,
) {
    match answer {
        Ok(None) => slowness(took, timeout, findings),
        Ok(Some(_)) => findings.add(
            Severity::Danger,
            SUBJECT,
            "it says that it has booked something under a reference that was never given: after a \
             failure, payments would count as made that were not",
            "mend find_booking: it has to compare the whole reference",
        ),
        Err(BankError::Unreachable(error)) => findings.add(
            Severity::Danger,
            SUBJECT,
            format!("it cannot be reached: {error}"),
            CHECK_ADDRESS,
        ),
        Err(error @ BankError::NoAnswer(_)) => findings.add(
            Severity::Danger,
            SUBJECT,
            error.to_string(),
            "check what CBS_BASE_URL leads to, and CBS_REQUEST_TIMEOUT_MS",
        ),
        Err(error) => findings.add(
            Severity::Danger,
            SUBJECT,
            format!("asked about a reference that does not exist, it does not say so: {error}"),
            "check what the connector is to the bank; then mend find_booking: without it, no payment \
             goes on after a failure",
        ),
    }
}

fn slowness(took: Duration, timeout: Duration, findings: &mut Findings) {
    let state = format!(
        "it says of an unknown reference that there is no such booking, in {} ms",
        took.as_millis()
    );
    match took > timeout / 2 {
        false => findings.fine(SUBJECT, state),
        true => findings.add(
            Severity::Warning,
            SUBJECT,
            state,
            format!(
                "find out why it is slow, before CBS_REQUEST_TIMEOUT_MS ({}) is not enough",
                timeout.as_millis()
            ),
        ),
    }
}

/// The `Date` that a server answers with, whatever it answers, and how long that
/// took.
pub async fn date_of(url: &str, timeout: Duration) -> Option<(String, Duration)> {
    let http = reqwest::Client::builder()
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build();
    let started = Instant::now();
    let answer = http.ok()?.get(url).send().await.ok()?;
    let date = answer.headers().get("date")?.to_str().ok()?;
    Some((date.to_owned(), started.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core_banking::port::Refusal;

    const TIMEOUT: Duration = Duration::from_secs(5);

    fn severity(answer: Result<Option<Booking>, BankError>, took: Duration) -> Severity {
        let mut findings = Findings::default();
        judge(answer, took, TIMEOUT, &mut findings);
        assert_eq!(findings.0.len(), 1, "{findings:?}");
        findings.worst()
    }

    #[test]
    fn a_bank_that_says_that_there_is_no_such_booking_is_fine_unless_it_is_slow() {
        assert_eq!(severity(Ok(None), TIMEOUT / 10), Severity::Fine);
        assert_eq!(severity(Ok(None), TIMEOUT * 3 / 4), Severity::Warning);
    }

    #[test]
    fn a_bank_that_says_anything_else_endangers_money() {
        let soon = TIMEOUT / 10;
        for answer in [
            Ok(Some(Booking::Done("1".to_owned()))),
            Ok(Some(Booking::Refused(Refusal::Other))),
            Err(BankError::Refused(Refusal::UnknownAccount)),
            Err(BankError::Unreachable("nobody listens".to_owned())),
            Err(BankError::Failed("HTTP 500".to_owned())),
            Err(BankError::NoAnswer("it takes too long".to_owned())),
        ] {
            let answered = format!("{answer:?}");
            assert_eq!(severity(answer, soon), Severity::Danger, "{answered}");
        }
    }
}
