//! Misbehaviour on request: a bank that is slow, fails or stays silent.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

use super::{crediting, debiting};

// [if fees is cbs]
use super::pricing;

// [end]
// [if use_cases has request_to_pay]
use super::one_time_passwords;

// [end]
// [if role is fxp, both]
use super::conversions;

// [end]
/// The longest that the bank lets a caller wait, however it was told to misbehave.
pub const LONGEST_SILENCE: Duration = Duration::from_secs(120);

/// More rules than this are a mistake.
const MAX_RULES: usize = 64;

/// Something that the bank does, by the name that a rule gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation(&'static str);

impl Operation {
    pub const FIND_CUSTOMER: Self = Self::new("find_customer");
    pub const BALANCE: Self = Self::new("balance");
    pub const CHECK_CREDIT: Self = Self::new("check_credit");
    pub const ENQUIRE: Self = Self::new("enquire");
    pub const LIST_POSTINGS: Self = Self::new("list_postings");
    /// In a rule, each of the others.
    pub const ANY: Self = Self::new("any");

    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    fn known() -> impl Iterator<Item = Self> {
        let mut known = vec![
            Self::FIND_CUSTOMER,
            Self::BALANCE,
            Self::CHECK_CREDIT,
            Self::ENQUIRE,
            Self::LIST_POSTINGS,
            Self::ANY,
        ];
        known.extend(crediting::OPERATIONS);
        known.extend(debiting::OPERATIONS);
        // [if fees is cbs]
        known.extend(pricing::OPERATIONS);
        // [end]
        // [if use_cases has request_to_pay]
        known.extend(one_time_passwords::OPERATIONS);
        // [end]
        // [if role is fxp, both]
        known.extend(conversions::OPERATIONS);
        // [end]
        known.into_iter()
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::known()
            .find(|operation| operation.0 == name)
            .ok_or_else(|| D::Error::custom(format!("the bank has no operation {name:?}")))
    }
}

/// How the bank misbehaves at one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Waits, then acts and answers; acts even if the caller has gone.
    Slow(Duration),
    /// Answers 500 without having acted.
    Fail,
    /// Refuses for this reason without having acted, and does not remember it:
    /// when the rule is spent, the same instruction is done.
    Refuse(String),
    /// Acts, then answers 500.
    ActThenFail,
    /// Acts, and never answers.
    ActThenSilent,
    /// Acts, then waits and answers.
    ActThenSlow(Duration),
}

/// A fault, and when it happens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WrittenRule")]
pub struct FaultRule {
    operation: Operation,
    fault: Fault,
    /// How many more times; `None` is until the rules are cleared.
    times: Option<u32>,
}

/// How the bank misbehaves, as a whole. The default is not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WrittenFaults")]
pub struct Faults {
    rules: Vec<FaultRule>,
    forgetful: bool,
}

impl Faults {
    /// Whether the bank does not recognise a reference that it has seen.
    pub fn forgetful(&self) -> bool {
        self.forgetful
    }

    /// The fault for a call of this operation: that of the first rule that is
    /// about it and not spent. Counts as one of the rule's times.
    pub fn next(&mut self, operation: Operation) -> Option<Fault> {
        let rule = self.rules.iter_mut().find(|rule| {
            let concerned = rule.operation == Operation::ANY || rule.operation == operation;
            concerned && rule.times != Some(0)
        })?;
        if let Some(times) = &mut rule.times {
            *times -= 1;
        }
        Some(rule.fault.clone())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFaults {
    #[serde(default)]
    rules: Vec<FaultRule>,
    #[serde(default)]
    forgetful: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    operation: Operation,
    fault: FaultName,
    delay_ms: Option<u64>,
    reason: Option<String>,
    times: Option<u32>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FaultName {
    Slow,
    Fail,
    Refuse,
    ActThenFail,
    ActThenSilent,
    ActThenSlow,
}

/// Why a rule cannot be followed.
#[derive(Debug, thiserror::Error)]
enum RuleError {
    #[error("slow and act_then_slow need delay_ms, at most {}", LONGEST_SILENCE.as_millis())]
    Delay,
    #[error("refuse needs a reason")]
    Reason,
    #[error("there are at most {MAX_RULES} rules")]
    TooManyRules,
}

impl TryFrom<WrittenFaults> for Faults {
    type Error = RuleError;

    fn try_from(written: WrittenFaults) -> Result<Self, Self::Error> {
        if written.rules.len() > MAX_RULES {
            return Err(RuleError::TooManyRules);
        }
        Ok(Self {
            rules: written.rules,
            forgetful: written.forgetful,
        })
    }
}

impl TryFrom<WrittenRule> for FaultRule {
    type Error = RuleError;

    fn try_from(written: WrittenRule) -> Result<Self, Self::Error> {
        let delay = written
            .delay_ms
            .map(Duration::from_millis)
            .filter(|delay| *delay <= LONGEST_SILENCE)
            .ok_or(RuleError::Delay);
        let fault = match written.fault {
            FaultName::Slow => Fault::Slow(delay?),
            FaultName::Fail => Fault::Fail,
            FaultName::Refuse => Fault::Refuse(written.reason.ok_or(RuleError::Reason)?),
            FaultName::ActThenFail => Fault::ActThenFail,
            FaultName::ActThenSilent => Fault::ActThenSilent,
            FaultName::ActThenSlow => Fault::ActThenSlow(delay?),
        };
        Ok(Self {
            operation: written.operation,
            fault,
            times: written.times,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::{Value, json};

    use super::*;

    fn faults(written: Value) -> Faults {
        serde_json::from_value(written).unwrap()
    }

    #[test]
    fn a_rule_holds_for_its_operation_as_many_times_as_it_says() {
        let mut faults = faults(json!({"rules": [
            {"operation": "enquire", "fault": "fail", "times": 2},
            {"operation": "any", "fault": "slow", "delay_ms": 5}
        ]}));
        let slow = Some(Fault::Slow(Duration::from_millis(5)));
        assert_eq!(faults.next(Operation::BALANCE), slow);
        assert_eq!(faults.next(Operation::ENQUIRE), Some(Fault::Fail));
        assert_eq!(faults.next(Operation::ENQUIRE), Some(Fault::Fail));
        assert_eq!(faults.next(Operation::ENQUIRE), slow);
        assert!(!faults.forgetful());
    }

    #[test]
    fn a_bank_without_rules_behaves() {
        let mut faults = faults(json!({"forgetful": true}));
        assert_eq!(faults.next(Operation::ANY), None);
        assert!(faults.forgetful());
    }

    #[test]
    fn every_operation_with_money_has_a_name_of_its_own() {
        let names: HashSet<_> = Operation::known().map(|operation| operation.0).collect();
        assert_eq!(names.len(), Operation::known().count());
        for operation in crediting::OPERATIONS.iter().chain(debiting::OPERATIONS) {
            let mut faults =
                faults(json!({"rules": [{"operation": operation.0, "fault": "fail"}]}));
            assert_eq!(faults.next(*operation), Some(Fault::Fail));
            assert_eq!(faults.next(Operation::BALANCE), None);
        }
    }

    #[test]
    fn a_rule_that_cannot_be_followed_is_refused() {
        let too_many = vec![json!({"operation": "balance", "fault": "fail"}); MAX_RULES + 1];
        for written in [
            json!({"rules": [{"operation": "balance", "fault": "slow"}]}),
            json!({"rules": [{"operation": "balance", "fault": "act_then_slow", "delay_ms": 120_001}]}),
            json!({"rules": [{"operation": "balance", "fault": "refuse"}]}),
            json!({"rules": [{"operation": "balance", "fault": "explode"}]}),
            json!({"rules": [{"operation": "dance", "fault": "fail"}]}),
            json!({"rules": [{"operation": "balance", "fault": "fail", "time": 1}]}),
            json!({"rules": too_many}),
            json!({"forgetfull": true}),
        ] {
            let text = written.to_string();
            assert!(serde_json::from_value::<Faults>(written).is_err(), "{text}");
        }
    }
}
