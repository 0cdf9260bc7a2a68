//! Waiting for customers, and being told that one has answered.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Notify, time::timeout};

use crate::{domain::reference::Reference, environment::Variables};

/// A shorter secret can be guessed.
const MIN_SECRET_LENGTH: usize = 32;

/// A request for another payment waits no longer for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How long a customer is waited for, and how it is noticed that he answers.
#[derive(Debug, Clone)]
pub struct ApprovalSettings {
    wait: Duration,
    poll: Duration,
    /// Without it, callbacks are refused, and the bank is only asked.
    callback_secret: Option<SecretString>,
}

impl ApprovalSettings {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        let wait = variables.milliseconds("APPROVAL_WAIT_MS", "45000");
        let poll = variables.milliseconds("APPROVAL_POLL_MS", "1000");
        variables.at_least(("APPROVAL_WAIT_MS", wait), ("APPROVAL_POLL_MS", poll));
        if wait.is_some_and(|wait| wait >= LONGEST_WAIT) {
            let longest = LONGEST_WAIT.as_millis();
            variables.problem("APPROVAL_WAIT_MS", &format!("has to be below {longest}"));
        }
        let secret = variables.text("APPROVAL_CALLBACK_SECRET");
        if secret
            .as_ref()
            .is_some_and(|secret| secret.len() < MIN_SECRET_LENGTH)
        {
            let problem = format!("is too short: it has at least {MIN_SECRET_LENGTH} characters");
            variables.problem("APPROVAL_CALLBACK_SECRET", &problem);
        }
        Some(Self {
            wait: wait?,
            poll: poll?,
            callback_secret: secret.map(SecretString::from),
        })
    }
}

/// The payments that wait for a customer.
#[derive(Debug, Clone)]
pub struct Approvals {
    settings: ApprovalSettings,
    waiting: Arc<Mutex<HashMap<String, Arc<Notify>>>>,
}

/// One who waits, until this is dropped.
#[derive(Debug)]
pub struct Callbacks<'a> {
    approvals: &'a Approvals,
    reference: String,
    called_back: Arc<Notify>,
}

impl Approvals {
    pub fn new(settings: ApprovalSettings) -> Self {
        Self {
            settings,
            waiting: Arc::default(),
        }
    }

    /// How long a customer has to answer, if the offer lives as long.
    pub fn wait(&self) -> Duration {
        self.settings.wait
    }

    /// Listens for callbacks about a request. One at a time does: messages
    /// about one payment take turns.
    pub fn listen(&self, request: &Reference) -> Callbacks<'_> {
        let called_back = Arc::new(Notify::new());
        let reference = request.to_string();
        self.listeners()
            .insert(reference.clone(), Arc::clone(&called_back));
        Callbacks {
            approvals: self,
            reference,
            called_back,
        }
    }

    /// Somebody says that a customer has answered. That is not believed: it is
    /// a reason to ask the bank now. It is no secret who waits, and nobody is told.
    pub fn call_back(&self, request: &str) {
        if let Some(called_back) = self.listeners().get(request) {
            called_back.notify_one();
        }
    }

    /// Whether a body was signed with the shared secret: HMAC-SHA256, in
    /// hexadecimal digits. Compared in constant time.
    pub fn is_signed(&self, body: &[u8], signature: &[u8]) -> bool {
        let Some(secret) = &self.settings.callback_secret else {
            return false;
        };
        let Some(signature) = from_hexadecimal(signature) else {
            return false;
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        hmac::verify(&key, body, &signature).is_ok()
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Callbacks<'_> {
    /// Waits until it is worth asking the bank again, and no longer than this.
    pub async fn wait(&self, longest: Duration) {
        let pause = self.approvals.settings.poll.min(longest);
        // Whether somebody called back or not, the bank is asked.
        let _ = timeout(pause, self.called_back.notified()).await;
    }
}

impl Drop for Callbacks<'_> {
    fn drop(&mut self) {
        self.approvals.listeners().remove(&self.reference);
    }
}

fn from_hexadecimal(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |digit: u8| char::from(digit).to_digit(16);
    pairs
        .iter()
        .map(|[high, low]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::domain::{reference::DebitStep, transfer_id::TransferId};

    fn approvals(secret: Option<&str>) -> Approvals {
        Approvals::new(ApprovalSettings {
            wait: Duration::from_secs(45),
            poll: Duration::from_secs(30),
            callback_secret: secret.map(SecretString::from),
        })
    }

    fn request() -> Reference {
        let transfer_id: TransferId = "t-1".parse().unwrap();
        Reference::of_debit(&transfer_id, DebitStep::Reserve)
    }

    /// Test case 2 of RFC 4231.
    const SIGNATURE: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    #[test]
    fn a_signature_is_hmac_sha256_in_hexadecimal_digits() {
        let approvals = approvals(Some("Jefe"));
        let body = b"what do ya want for nothing?";
        assert!(approvals.is_signed(body, SIGNATURE.as_bytes()));
        assert!(approvals.is_signed(body, SIGNATURE.to_uppercase().as_bytes()));
        assert!(!approvals.is_signed(b"what do ya want for nothing!", SIGNATURE.as_bytes()));
        for wrong in ["", "5b", "zz", &SIGNATURE[1..], &SIGNATURE[2..]] {
            assert!(!approvals.is_signed(body, wrong.as_bytes()), "{wrong}");
        }
    }

    #[test]
    fn without_a_secret_nothing_is_signed() {
        let body = b"what do ya want for nothing?";
        assert!(!approvals(None).is_signed(body, SIGNATURE.as_bytes()));
    }

    #[tokio::test]
    async fn a_callback_wakes_whoever_waits_also_if_it_comes_early() {
        let approvals = approvals(None);
        let callbacks = approvals.listen(&request());
        let started = Instant::now();
        approvals.call_back(request().as_str());
        callbacks.wait(Duration::from_secs(30)).await;
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn nobody_is_remembered_who_has_stopped_waiting() {
        let approvals = approvals(None);
        drop(approvals.listen(&request()));
        assert!(approvals.listeners().is_empty());
        approvals.call_back(request().as_str());
    }

    #[test]
    fn a_wait_without_end_and_a_guessable_secret_are_refused() {
        for (name, value) in [
            ("APPROVAL_WAIT_MS", "60000"),
            ("APPROVAL_POLL_MS", "45001"),
            ("APPROVAL_CALLBACK_SECRET", "hunter2"),
        ] {
            let variable = |asked: &str| (asked == name).then(|| value.to_owned());
            let mut variables = Variables::of(&variable);
            let read = ApprovalSettings::read(&mut variables);
            let problems = variables.finish(read).unwrap_err().to_string();
            assert!(problems.contains("APPROVAL_"), "{name}: {problems}");
            assert!(!problems.contains("hunter2"), "{problems}");
        }
    }
}
