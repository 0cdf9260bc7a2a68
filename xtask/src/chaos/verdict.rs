//! Accounting for every payment, from four sources that do not know each other: what
//! callers were answered, what the hub decided, what the bank's books say, and what the
//! journal says.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
};

use super::{
    cents::Cents,
    customers::{self, FEE_ACCOUNT, FLOAT_ACCOUNT},
    database::JournalPayment,
    ledger::{Hub, Ledger, Posting},
    memory::{Direction, Incoming, Outgoing, Told},
    patterns::Pattern,
};

/// The only reason why a person may be needed here: the scheme has decided, and the
/// bank refuses to follow.
const PARKED_RIGHTLY: &str = "the core banking system refused while";

/// All that is known in the end.
pub struct Evidence {
    pub incoming: HashMap<String, Incoming>,
    pub outgoing: Vec<Outgoing>,
    pub hub: Hub,
    pub ledger: Ledger,
    pub journal: Vec<JournalPayment>,
    pub quotes: Vec<String>,
    pub exceptions: BTreeMap<String, String>,
    /// What the bank's channels are told of outgoing payments in the end, by transfer.
    pub told_now: HashMap<String, String>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Payments with money that went nowhere, that were forgotten, or that nobody ends.
    lost: BTreeMap<String, String>,
    /// Payments with money that moved twice.
    doubled: BTreeMap<String, String>,
    /// What is wrong with the whole.
    wrong: Vec<String>,
    /// Payments that wait for a person, by reason.
    parked: BTreeMap<String, u64>,
    /// How many payments there are in the journal, by direction and state.
    states: BTreeMap<String, u64>,
}

impl Verdict {
    pub fn lost(&self) -> usize {
        self.lost.len()
    }

    pub fn doubled(&self) -> usize {
        self.doubled.len()
    }

    pub fn parked(&self) -> u64 {
        self.parked.values().sum()
    }

    pub fn parked_by_reason(&self) -> &BTreeMap<String, u64> {
        &self.parked
    }

    pub fn states(&self) -> &BTreeMap<String, u64> {
        &self.states
    }

    pub fn is_good(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.wrong.is_empty()
    }

    /// Something that is wrong with the whole.
    pub fn add(&mut self, problem: String) {
        self.wrong.push(problem);
    }
}

/// Everything that is wrong, one line each.
impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, payments) in [("lost", &self.lost), ("doubled", &self.doubled)] {
            for (payment, why) in payments {
                writeln!(formatter, "{title} {payment}: {why}")?;
            }
        }
        for problem in &self.wrong {
            writeln!(formatter, "wrong: {problem}")?;
        }
        Ok(())
    }
}

/// Accounts for every payment.
pub fn judge(pattern: &Pattern, evidence: &Evidence) -> Verdict {
    let mut court = Court {
        pattern,
        evidence,
        postings: HashMap::new(),
        journal: HashMap::new(),
        offers: HashMap::new(),
        expected: customers::opening_balances().into_iter().collect(),
        verdict: Verdict::default(),
    };
    for posting in &evidence.ledger.postings {
        let of_transfer = court.postings.entry(&posting.transfer_id).or_default();
        of_transfer.push(posting);
    }
    for payment in &evidence.journal {
        let key = (payment.direction, payment.transfer_id.as_str());
        court.journal.insert(key, payment);
    }
    for payment in &evidence.outgoing {
        for offer in &payment.offers {
            court.offers.insert(&offer.transfer_id, payment);
        }
    }
    court.judge_journal();
    court.judge_hub();
    court.judge_incoming_answers();
    court.judge_outgoing_answers();
    court.judge_money();
    court.verdict
}

struct Court<'a> {
    pattern: &'a Pattern,
    evidence: &'a Evidence,
    postings: HashMap<&'a str, Vec<&'a Posting>>,
    journal: HashMap<(Direction, &'a str), &'a JournalPayment>,
    /// The outgoing payments that were offered, by transfer.
    offers: HashMap<&'a str, &'a Outgoing>,
    /// What has to be on every account.
    expected: HashMap<String, Cents>,
    verdict: Verdict,
}

impl<'a> Court<'a> {
    fn lost(&mut self, transfer_id: &str, why: impl Into<String>) {
        let payment = transfer_id.to_owned();
        self.verdict.lost.entry(payment).or_insert(why.into());
    }

    fn doubled(&mut self, transfer_id: &str, why: impl Into<String>) {
        let payment = transfer_id.to_owned();
        self.verdict.doubled.entry(payment).or_insert(why.into());
    }

    fn parked(&self, direction: Direction, transfer_id: &str) -> bool {
        let payment = self.journal.get(&(direction, transfer_id));
        payment.is_some_and(|payment| payment.parked.is_some())
    }

    /// Every payment has ended as the hub has it, or waits for a person, and rightly so.
    fn judge_journal(&mut self) {
        for payment in &self.evidence.journal {
            let id = payment.transfer_id.as_str();
            let direction = payment.direction.as_str();
            let state = payment.state.as_str();
            let committed = self.evidence.hub.has_committed(id);
            let count = self.verdict.states.entry(match &payment.parked {
                Some(_) => format!("{direction} {state}, parked"),
                None => format!("{direction} {state}"),
            });
            *count.or_default() += 1;
            if payment.version != payment.recorded {
                let (version, recorded) = (payment.version, payment.recorded);
                self.lost(
                    id,
                    format!("its history has {recorded} of {version} records"),
                );
            }
            if let Some(reason) = &payment.parked {
                *self.verdict.parked.entry(reason.clone()).or_default() += 1;
                if !reason.contains(PARKED_RIGHTLY) {
                    self.lost(
                        id,
                        format!("{direction} {state}, parked needlessly: {reason}"),
                    );
                }
                continue;
            }
            let rests = match (payment.direction, state) {
                (Direction::Incoming, "committed") => Some(true),
                (Direction::Incoming, "aborted" | "refused") => Some(false),
                (Direction::Outgoing, "completed") => Some(true),
                (Direction::Outgoing, "aborted") => Some(false),
                // Nobody got terms, so there is nothing to agree to.
                (Direction::Outgoing, "requested") => Some(false),
                _ => None,
            };
            match rests {
                Some(moved) if moved == committed && !payment.is_due => {}
                Some(_) if payment.is_due => {
                    self.lost(id, format!("{direction} {state}, and still due"));
                }
                Some(_) => {
                    let hub = if committed { "has" } else { "has not" };
                    self.lost(
                        id,
                        format!("{direction} {state}, but the hub {hub} committed"),
                    );
                }
                None => self.lost(id, format!("{direction} is still {state}")),
            }
        }
        // A person would look into it, and find nothing to reconcile.
        for (id, told) in &self.evidence.exceptions {
            if !self.parked(Direction::Incoming, id) {
                let found = self.journal.get(&(Direction::Incoming, id.as_str()));
                let state = found.map_or("unknown", |payment| payment.state.as_str());
                let problem = format!("an exception of {id}, told {told}, which is {state}");
                self.verdict.add(problem);
            }
        }
    }

    /// What the hub has committed is in the journal.
    fn judge_hub(&mut self) {
        let committed: Vec<_> = self.evidence.hub.committed().collect();
        for (id, direction) in committed {
            if !self.journal.contains_key(&(direction, id)) {
                self.lost(
                    id,
                    format!("committed, but no {} payment", direction.as_str()),
                );
            }
        }
    }

    /// What the scheme was answered is true.
    fn judge_incoming_answers(&mut self) {
        let quotes: BTreeSet<&str> = self.evidence.quotes.iter().map(String::as_str).collect();
        for (id, incoming) in &self.evidence.incoming {
            if let Some(quote_id) = &incoming.quote_id
                && !quotes.contains(quote_id.as_str())
            {
                self.lost(id, "the quote that was given is forgotten");
            }
            let found = self.journal.get(&(Direction::Incoming, id.as_str()));
            let state = found.map_or("unknown", |payment| payment.state.as_str());
            if incoming.reserved && matches!(state, "unknown" | "refused" | "reserving") {
                self.lost(id, format!("answered as reserved, but it is {state}"));
            }
            if incoming.reserved_after_abort {
                self.lost(id, "answered as reserved after it had been aborted");
            }
            for told in &incoming.acknowledged {
                let done = match told.as_str() {
                    "COMMITTED" => state == "committed",
                    _ => matches!(state, "aborted" | "refused"),
                };
                if !done && !self.parked(Direction::Incoming, id) {
                    self.lost(id, format!("{told} was acknowledged, but it is {state}"));
                }
            }
        }
    }

    /// What the bank's channels were answered is true.
    fn judge_outgoing_answers(&mut self) {
        for payment in &self.evidence.outgoing {
            let Some(offer) = payment.offers.first() else {
                continue;
            };
            let id = offer.transfer_id.as_str();
            if payment.offers.iter().any(|other| other != offer) {
                self.doubled(id, format!("several offers for one: {:?}", payment.offers));
            }
            let Some(found) = self.journal.get(&(Direction::Outgoing, id)).copied() else {
                self.lost(id, "the offer that was made is forgotten");
                continue;
            };
            if found.home_transaction_id.as_ref() != Some(&payment.home_transaction_id) {
                self.lost(id, "the journal has another homeTransactionId");
            }
            let (state, parked) = (found.state.as_str(), found.parked.is_some());
            let told_now = self.evidence.told_now.get(id).map(String::as_str);
            let is_true = match (state, parked) {
                ("completed", _) | ("committing", true) => told_now == Some("COMMITTED"),
                ("aborted", _) => told_now == Some("ABORTED"),
                (_, parked) => parked && told_now == Some("RESERVED"),
            };
            if !is_true {
                self.lost(
                    id,
                    format!("it is {state}, and channels are told {told_now:?}"),
                );
            }
            for told in &payment.told {
                let stands = match told {
                    Told::Paid => state == "completed" || parked && state == "committing",
                    Told::NotPaid(_) => state == "aborted" || parked,
                };
                if !stands {
                    self.lost(id, format!("answered {told:?}, but it is {state}"));
                }
            }
        }
    }

    /// Every payment has moved what it has to, and every account has what it has to have.
    fn judge_money(&mut self) {
        let mut transfers: BTreeSet<(Direction, &str)> = self.journal.keys().copied().collect();
        transfers.extend(
            self.evidence
                .hub
                .committed()
                .map(|(id, direction)| (direction, id)),
        );
        for (direction, id) in &transfers {
            self.judge_postings(*direction, id);
        }
        let known: HashSet<&str> = transfers.iter().map(|(_, id)| *id).collect();
        let postings: Vec<&str> = self.postings.keys().copied().collect();
        for id in postings {
            if !known.contains(id) {
                self.doubled(id, "money moved for a payment that nobody knows");
            }
        }
        for hold in &self.evidence.ledger.open_holds {
            let id = hold.rsplit_once(':').map_or(hold.as_str(), |(id, _)| id);
            let waits = [Direction::Incoming, Direction::Outgoing]
                .iter()
                .any(|direction| self.parked(*direction, id));
            if !waits {
                self.lost(id, format!("money is still held under {hold}"));
            }
        }
        if !self.evidence.ledger.balanced {
            self.verdict
                .add("the bank's books do not balance".to_owned());
        }
        for (account, expected) in &self.expected {
            let found = self.evidence.ledger.balances.get(account);
            if found != Some(expected) {
                let found = found.map(ToString::to_string).unwrap_or_default();
                let problem = format!("account {account} has {found} instead of {expected}");
                self.verdict.wrong.push(problem);
            }
        }
    }

    fn judge_postings(&mut self, direction: Direction, id: &str) {
        let step = self.pattern.step(direction);
        let postings = self.postings.get(id).cloned().unwrap_or_default();
        let posted_by = |step: &str| -> Vec<&Posting> {
            let of_step = |posting: &&&Posting| posting.step == step;
            postings.iter().filter(of_step).copied().collect()
        };
        let posted = posted_by(step.posted_by);
        let reversed = step.reversed_by.map(posted_by).unwrap_or_default();
        let others = postings.len() - posted.len() - reversed.len();
        if posted.len() > 1 || reversed.len() > posted.len() || others > 0 {
            let steps: Vec<&str> = postings.iter().map(|one| one.step.as_str()).collect();
            self.doubled(id, format!("posted by {}", steps.join(", ")));
            return;
        }
        let committed = self.evidence.hub.has_committed(id);
        if !self.parked(direction, id) {
            match (committed, posted.len(), reversed.len()) {
                (true, 1, 0) | (false, 0, 0) | (false, 1, 1) => {}
                (true, _, _) => self.lost(id, "committed, and no money moved"),
                (false, _, _) => self.lost(id, "money moved without a commit"),
            }
        }
        let expected = self.expected_entries(direction, id);
        if let ([posting], Some(expected)) = (&posted[..], &expected) {
            let mut entries = posting.entries.clone();
            entries.sort();
            if entries != *expected {
                self.lost(id, format!("posted {entries:?} instead of {expected:?}"));
            }
        }
        let waits = self.parked(direction, id);
        let moves = match waits {
            // Whatever has been done before a person is needed, has been done.
            true => posted.len() == 1 && reversed.is_empty(),
            false => committed,
        };
        if moves {
            let Some(expected) = expected else {
                self.lost(id, "money moved, and no caller knows how much");
                return;
            };
            for (account, amount) in expected {
                *self.expected.entry(account).or_default() += amount;
            }
        }
    }

    /// What a payment moves, from what callers were answered before it did.
    fn expected_entries(&self, direction: Direction, id: &str) -> Option<Vec<(String, Cents)>> {
        let mut entries = match direction {
            Direction::Incoming => {
                let incoming = self.evidence.incoming.get(id)?;
                let (transferred, received) = incoming.quote?;
                vec![
                    (FLOAT_ACCOUNT.to_owned(), -transferred),
                    (incoming.payee_account.clone(), received),
                    (FEE_ACCOUNT.to_owned(), transferred - received),
                ]
            }
            Direction::Outgoing => {
                let payment = self.offers.get(id)?;
                let offer = payment.offers.first()?;
                let (sent, fee) = (offer.send_amount, offer.source_fees);
                vec![
                    (payment.payer_account.clone(), -sent - fee),
                    (FLOAT_ACCOUNT.to_owned(), sent),
                    (FEE_ACCOUNT.to_owned(), fee),
                ]
            }
        };
        entries.retain(|(_, amount)| *amount != Cents::ZERO);
        entries.sort();
        Some(entries)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::chaos::{memory::Offer, patterns::PATTERNS};

    const ID: &str = "transfer-1";
    const PAYEE: &str = "2000001";

    /// One incoming payment of 10, of which the bank keeps 1, that went as it should.
    fn evidence() -> Evidence {
        let incoming = Incoming {
            payee_account: PAYEE.to_owned(),
            quote: Some((Cents::new(1000), Cents::new(900))),
            quote_id: Some("quote-1".to_owned()),
            reserved: true,
            acknowledged: vec!["COMMITTED".to_owned()],
            reserved_after_abort: false,
        };
        let mut balances: HashMap<_, _> = customers::opening_balances().into_iter().collect();
        let moved = [(FLOAT_ACCOUNT, -1000), (PAYEE, 900), (FEE_ACCOUNT, 100)];
        for (account, amount) in moved {
            *balances.get_mut(account).unwrap() += Cents::new(amount);
        }
        let entry = |(account, amount): (&str, i64)| (account.to_owned(), Cents::new(amount));
        let posting = Posting {
            transfer_id: ID.to_owned(),
            step: "commit-credit".to_owned(),
            entries: moved.into_iter().map(entry).collect(),
        };
        Evidence {
            incoming: HashMap::from([(ID.to_owned(), incoming)]),
            outgoing: Vec::new(),
            hub: hub("COMMITTED"),
            ledger: Ledger {
                balanced: true,
                balances,
                postings: vec![posting],
                open_holds: Vec::new(),
            },
            journal: vec![JournalPayment {
                direction: Direction::Incoming,
                transfer_id: ID.to_owned(),
                home_transaction_id: None,
                state: "committed".to_owned(),
                is_due: false,
                parked: None,
                version: 5,
                recorded: 5,
            }],
            quotes: vec!["quote-1".to_owned()],
            exceptions: BTreeMap::new(),
            told_now: HashMap::new(),
        }
    }

    fn hub(state: &str) -> Hub {
        let transfer = json!({ "transferId": ID, "direction": "INBOUND", "hubState": state });
        Hub::read(&json!([transfer])).unwrap()
    }

    fn judged(change: impl FnOnce(&mut Evidence)) -> Verdict {
        let mut evidence = evidence();
        change(&mut evidence);
        judge(&PATTERNS[0], &evidence)
    }

    #[test]
    fn a_payment_that_went_as_it_should_is_accounted_for() {
        let verdict = judged(|_| {});
        assert!(verdict.is_good(), "{verdict}");
        assert_eq!(verdict.parked(), 0);
    }

    #[test]
    fn a_committed_payment_without_a_posting_is_lost() {
        let verdict = judged(|evidence| evidence.ledger.postings.clear());
        assert_eq!((verdict.lost(), verdict.doubled()), (1, 0), "{verdict}");
    }

    #[test]
    fn a_posting_without_a_commit_is_lost() {
        let verdict = judged(|evidence| {
            evidence.hub = hub("ABORTED");
            evidence.journal[0].state = "aborted".to_owned();
        });
        assert_eq!(verdict.lost(), 1, "{verdict}");
    }

    #[test]
    fn two_postings_are_doubled() {
        let verdict = judged(|evidence| {
            let again = evidence.ledger.postings[0].clone();
            evidence.ledger.postings.push(again);
        });
        assert_eq!(verdict.doubled(), 1, "{verdict}");
    }

    #[test]
    fn a_posting_of_a_payment_that_nobody_knows_is_doubled() {
        let verdict = judged(|evidence| {
            evidence.ledger.postings.push(Posting {
                transfer_id: "transfer-2".to_owned(),
                ..evidence.ledger.postings[0].clone()
            });
        });
        assert_eq!(verdict.doubled(), 1, "{verdict}");
    }

    #[test]
    fn a_cent_too_much_is_noticed_in_the_posting_and_on_the_account() {
        let verdict = judged(|evidence| {
            evidence.ledger.postings[0].entries[1].1 += Cents::new(1);
        });
        assert_eq!(verdict.lost(), 1, "{verdict}");
        let verdict = judged(|evidence| {
            *evidence.ledger.balances.get_mut(PAYEE).unwrap() += Cents::new(1);
        });
        assert_eq!(verdict.wrong.len(), 1, "{verdict}");
    }

    #[test]
    fn what_was_answered_and_is_forgotten_is_lost() {
        let verdict = judged(|evidence| evidence.quotes.clear());
        assert_eq!(verdict.lost(), 1, "{verdict}");
        let verdict = judged(|evidence| evidence.journal.clear());
        assert_eq!(verdict.lost(), 1, "{verdict}");
        let verdict = judged(|evidence| evidence.journal[0].recorded = 4);
        assert_eq!(verdict.lost(), 1, "{verdict}");
    }

    #[test]
    fn a_payment_that_has_not_ended_is_lost() {
        let verdict = judged(|evidence| evidence.journal[0].state = "committing".to_owned());
        assert_eq!(verdict.lost(), 1, "{verdict}");
        let verdict = judged(|evidence| evidence.journal[0].is_due = true);
        assert_eq!(verdict.lost(), 1, "{verdict}");
    }

    #[test]
    fn a_payment_may_wait_for_a_person_only_if_the_bank_has_refused() {
        let parked = |reason: &str| {
            judged(|evidence| {
                evidence.ledger.postings.clear();
                evidence.ledger.balances = customers::opening_balances().into_iter().collect();
                evidence.journal[0].state = "committing".to_owned();
                evidence.journal[0].parked = Some(reason.to_owned());
            })
        };
        let verdict = parked("the core banking system refused while committing: blocked");
        assert!(verdict.is_good(), "{verdict}");
        assert_eq!(verdict.parked(), 1);
        let verdict = parked("tried too often");
        assert_eq!((verdict.lost(), verdict.parked()), (1, 1), "{verdict}");
    }

    #[test]
    fn an_exception_that_no_parked_payment_explains_is_wrong() {
        let verdict = judged(|evidence| {
            let exception = (ID.to_owned(), "COMMITTED".to_owned());
            evidence.exceptions.extend([exception]);
        });
        assert_eq!((verdict.lost(), verdict.is_good()), (0, false), "{verdict}");
    }

    #[test]
    fn an_offer_has_to_be_there_and_the_same_whenever_it_is_asked_for() {
        let offer = |transfer_id: &str| Offer {
            transfer_id: transfer_id.to_owned(),
            send_amount: Cents::new(100),
            source_fees: Cents::ZERO,
        };
        let sent = |offers: &[&str]| Outgoing {
            home_transaction_id: "home-1".to_owned(),
            payer_account: PAYEE.to_owned(),
            offers: offers.iter().map(|id| offer(id)).collect(),
            told: Vec::new(),
        };
        let verdict = judged(|evidence| evidence.outgoing.push(sent(&["transfer-9"])));
        assert_eq!((verdict.lost(), verdict.doubled()), (1, 0), "{verdict}");
        let verdict = judged(|evidence| evidence.outgoing.push(sent(&["a", "b"])));
        assert_eq!((verdict.lost(), verdict.doubled()), (1, 1), "{verdict}");
    }
}
