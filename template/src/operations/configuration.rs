//! What the environment says, read once at the start.
//!
//! Every variable is described in `.env.example`. All problems are reported
//! together: a start that fails ten times, for one reason each time, is a
//! long night.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use reqwest::Url;
use secrecy::SecretString;

use super::{
    answers,
    telemetry::{LogFilter, LogFormat},
};
use crate::domain::{amount::Amount, currency::Currency, identifier::IdType, party::AccountNumber};

/// The Mojaloop Connector waits no longer for an answer of the backend API.
const CONNECTOR_WAITS: Duration = Duration::from_secs(65);

/// An address to listen on.
#[derive(Debug, Clone)]
pub struct ListenAddress {
    pub host: String,
    pub port: u16,
}

/// All that can be configured.
#[derive(Debug, Clone)]
pub struct Configuration {
    pub cbs_name: String,
    pub fsp_id: String,
    pub lei: Option<String>,
    pub currency: Currency,
    pub id_types: Vec<IdType>,
    pub dial_code: Option<String>,

    pub backend_api: ListenAddress,
    pub dfsp_api: ListenAddress,

    /// `None` only with the sandbox, which then stands in.
    pub connector_base_url: Option<Url>,
    pub connector_timeout: Duration,

    /// `None` only with the sandbox, which then stands in.
    pub cbs_base_url: Option<Url>,
    pub cbs_authorization: Option<SecretString>,
    pub cbs_timeout: Duration,
    pub cbs_settles_after: Duration,
    pub cbs_max_idle_connections: usize,

    /// `None` only with the sandbox bank, which has a float of its own.
    pub float_account: Option<AccountNumber>,
    pub float_floor: Amount,
    pub float_warning: Amount,

    pub quote_lifetime: Duration,
    pub final_word_after: Duration,
    pub never_seen_after: Duration,

    /// `None` only with the sandbox bank, whose books start afresh as well.
    pub database: Option<PathBuf>,
    pub recovery_interval: Duration,
    pub retry_first_pause: Duration,
    pub retry_longest_pause: Duration,
    pub retry_max_attempts: u32,

    pub log_filter: LogFilter,
    pub log_format: LogFormat,
}

/// Everything that is wrong with the environment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "the configuration cannot be used:")?;
        for problem in &self.0 {
            writeln!(formatter, "  - {problem}")?;
        }
        write!(formatter, ".env.example describes every variable")
    }
}

impl Problems {
    pub fn of(problem: impl Into<String>) -> Self {
        Self(vec![problem.into()])
    }
}

impl Configuration {
    /// Reads the environment. `variable` looks up one variable by its name.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let mut reader = Reader {
            variable: &variable,
            problems: Vec::new(),
        };
        let configuration = reader.configuration();
        match configuration {
            Some(configuration) if reader.problems.is_empty() => Ok(configuration),
            _ => Err(Problems(reader.problems)),
        }
    }
}

struct Reader<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn configuration(&mut self) -> Option<Configuration> {
        let currency: Option<Currency> = self.parsed("CURRENCY", answers::CURRENCY);
        let id_types = self.id_types();
        let dial_code = self.dial_code();
        let connector_base_url = self.connector_base_url();
        let cbs_base_url = self.url("CBS_BASE_URL");
        let float_account = self.text("FLOAT_ACCOUNT").map(AccountNumber::new);
        let database = self.database();
        if cbs_base_url.is_some() && float_account.is_none() {
            self.problem(
                "FLOAT_ACCOUNT",
                "is missing: the number of the float account",
            );
        }
        let amount = |reader: &mut Self, name| {
            let currency = currency?;
            let text = reader.text(name).unwrap_or_else(|| "0".to_owned());
            let amount = Amount::parse(&text, currency);
            amount
                .map_err(|error| reader.problem(name, &error.to_string()))
                .ok()
        };
        let float_floor = amount(self, "FLOAT_FLOOR");
        let float_warning = amount(self, "FLOAT_WARNING");
        let backend_api = self.listen_address("SDK_SERVER_HOST", "SDK_SERVER_PORT", "3003");
        let dfsp_api = self.listen_address("DFSP_SERVER_HOST", "DFSP_SERVER_PORT", "3004");
        let connector_timeout = self.milliseconds("SDK_REQUEST_TIMEOUT_MS", "65000");
        let cbs_timeout = self.milliseconds("CBS_REQUEST_TIMEOUT_MS", "5000");
        let cbs_settles_after = self.milliseconds("CBS_SETTLE_MS", "10000");
        self.check_time_budget(cbs_timeout, cbs_settles_after);
        self.at_least(
            ("CBS_SETTLE_MS", cbs_settles_after),
            ("CBS_REQUEST_TIMEOUT_MS", cbs_timeout),
        );
        let cbs_max_idle_connections = self.parsed("CBS_MAX_IDLE_CONNECTIONS", "32");
        let quote_lifetime = self.milliseconds("QUOTE_LIFETIME_MS", "60000");
        let final_word_after = self.milliseconds("FINAL_WORD_AFTER_MS", "90000");
        let never_seen_after = self.milliseconds("NEVER_SEEN_AFTER_MS", "120000");
        self.at_least(
            ("NEVER_SEEN_AFTER_MS", never_seen_after),
            ("SDK_REQUEST_TIMEOUT_MS", connector_timeout),
        );
        let recovery_interval = self.milliseconds("RECOVERY_INTERVAL_MS", "1000");
        let retry_first_pause = self.milliseconds("RETRY_FIRST_PAUSE_MS", "1000");
        let retry_longest_pause = self.milliseconds("RETRY_LONGEST_PAUSE_MS", "300000");
        let retry_max_attempts = self.parsed("RETRY_MAX_ATTEMPTS", "50");
        self.at_least(
            ("RETRY_LONGEST_PAUSE_MS", retry_longest_pause),
            ("RETRY_FIRST_PAUSE_MS", retry_first_pause),
        );
        if retry_max_attempts == Some(0) {
            self.problem("RETRY_MAX_ATTEMPTS", "is not usable: it is at least 1");
        }
        let log_filter = self.parsed("LOG_LEVEL", "info,actix_server=warn");
        let log_format = self.parsed("LOG_FORMAT", "text");
        // Everything has been read by now, so that every problem is known.
        Some(Configuration {
            cbs_name: self.text_or("CBS_NAME", answers::CBS_NAME),
            fsp_id: self.text_or("FSP_ID", answers::FSP_ID),
            lei: self.text("LEI"),
            currency: currency?,
            id_types,
            dial_code,
            backend_api: backend_api?,
            dfsp_api: dfsp_api?,
            connector_base_url,
            connector_timeout: connector_timeout?,
            cbs_base_url,
            cbs_authorization: self.text("CBS_AUTHORIZATION").map(SecretString::from),
            cbs_timeout: cbs_timeout?,
            cbs_settles_after: cbs_settles_after?,
            cbs_max_idle_connections: cbs_max_idle_connections?,
            float_account,
            float_floor: float_floor?,
            float_warning: float_warning?,
            quote_lifetime: quote_lifetime?,
            final_word_after: final_word_after?,
            never_seen_after: never_seen_after?,
            database,
            recovery_interval: recovery_interval?,
            retry_first_pause: retry_first_pause?,
            retry_longest_pause: retry_longest_pause?,
            retry_max_attempts: retry_max_attempts?,
            log_filter: log_filter?,
            log_format: log_format?,
        })
    }

    fn problem(&mut self, name: &str, problem: &str) {
        self.problems.push(format!("{name} {problem}"));
    }

    /// A variable that is empty counts as not set.
    fn text(&self, name: &str) -> Option<String> {
        let text = (self.variable)(name)?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn text_or(&self, name: &str, default: &str) -> String {
        self.text(name).unwrap_or_else(|| default.to_owned())
    }

    fn parsed<T: FromStr<Err: fmt::Display>>(&mut self, name: &str, default: &str) -> Option<T> {
        let parsed = self.text_or(name, default).parse();
        parsed
            .map_err(|error: T::Err| self.problem(name, &format!("is not usable: {error}")))
            .ok()
    }

    fn milliseconds(&mut self, name: &str, default: &str) -> Option<Duration> {
        let milliseconds: u64 = self.parsed(name, default)?;
        if milliseconds == 0 {
            self.problem(
                name,
                "is not usable: it is a number of milliseconds above 0",
            );
        }
        Some(Duration::from_millis(milliseconds))
    }

    fn url(&mut self, name: &str) -> Option<Url> {
        let Some(text) = self.text(name) else {
            if !cfg!(feature = "sandbox") {
                self.problem(name, "is missing: an URL such as http://192.0.2.1:8080");
            }
            return None;
        };
        let url = Url::parse(&text).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        match &url {
            None => self.problem(name, "is not an URL such as http://192.0.2.1:8080"),
            Some(url) if !url.username().is_empty() || url.password().is_some() => {
                self.problem(name, "must not hold a password: URLs are logged");
            }
            Some(_) => {}
        }
        url
    }

    /// Payment Manager deployments use the second name.
    fn connector_base_url(&mut self) -> Option<Url> {
        let alias = "MLCONN_OUTBOUND_ENDPOINT";
        if self.text("SDK_BASE_URL").is_none() && self.text(alias).is_some() {
            return self.url(alias);
        }
        self.url("SDK_BASE_URL")
    }

    fn listen_address(&mut self, host: &str, port: &str, default: &str) -> Option<ListenAddress> {
        Some(ListenAddress {
            host: self.text_or(host, "127.0.0.1"),
            port: self.parsed(port, default)?,
        })
    }

    fn id_types(&mut self) -> Vec<IdType> {
        let name = "SUPPORTED_ID_TYPE";
        let mut id_types = Vec::new();
        for text in self.text_or(name, answers::SUPPORTED_ID_TYPE).split(',') {
            match text.trim().parse() {
                Ok(id_type) => id_types.push(id_type),
                Err(_) => {
                    let known = IdType::ALL.map(IdType::as_str).join(", ");
                    self.problem(name, &format!("names other types than {known}"));
                }
            }
        }
        id_types
    }

    fn dial_code(&mut self) -> Option<String> {
        let name = "MSISDN_DIAL_CODE";
        let dial_code = self.text(name)?;
        let digits = dial_code.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || dial_code.len() > 3 || dial_code.starts_with('0') {
            self.problem(name, "is not a dial code such as 220 (without + or 00)");
        }
        Some(dial_code)
    }

    fn database(&mut self) -> Option<PathBuf> {
        let name = "DATABASE_URL";
        let needed = self.text("CBS_BASE_URL").is_some() || !cfg!(feature = "sandbox");
        let url = match self.text(name) {
            Some(url) => url,
            None if needed => "sqlite:data/journal.db".to_owned(),
            None => return None,
        };
        let path = url.strip_prefix("sqlite:");
        let path = path.map(|path| path.strip_prefix("//").unwrap_or(path));
        if path.is_none_or(str::is_empty) {
            self.problem(name, "is not an URL such as sqlite:data/journal.db");
        }
        path.map(PathBuf::from)
    }

    /// Checks that one duration covers another.
    fn at_least(
        &mut self,
        (name, duration): (&str, Option<Duration>),
        (least_name, least): (&str, Option<Duration>),
    ) {
        if let (Some(duration), Some(least)) = (duration, least)
            && duration < least
        {
            self.problem(name, &format!("has to be at least {least_name}"));
        }
    }

    /// A reservation may take one instruction, two enquiries with the bank's
    /// time to settle between them, and one more instruction and enquiry. If
    /// that were longer than the Mojaloop Connector waits, it would report a
    /// failure of a payment that succeeds.
    fn check_time_budget(&mut self, timeout: Option<Duration>, settles_after: Option<Duration>) {
        let (Some(timeout), Some(settles_after)) = (timeout, settles_after) else {
            return;
        };
        if timeout.saturating_mul(5).saturating_add(settles_after) >= CONNECTOR_WAITS {
            let waits = CONNECTOR_WAITS.as_millis();
            self.problem(
                "CBS_REQUEST_TIMEOUT_MS",
                &format!("times 5, plus CBS_SETTLE_MS, has to be less than {waits}"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::BTreeSet};

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Configuration, Problems> {
        Configuration::read(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn real(more: &[(&str, &str)]) -> Result<Configuration, Problems> {
        let real = [
            ("CBS_BASE_URL", "http://192.0.2.1:8080"),
            ("SDK_BASE_URL", "http://192.0.2.2:4001"),
            ("FLOAT_ACCOUNT", "9000001"),
        ];
        // The first one of a name is found.
        read(&[more, &real].concat())
    }

    #[test]
    fn three_variables_suffice_for_a_real_bank() {
        let configuration = real(&[]).unwrap();
        assert_eq!(configuration.fsp_id, answers::FSP_ID);
        assert_eq!(configuration.currency.code(), answers::CURRENCY);
        assert_eq!(configuration.backend_api.port, 3003);
        assert_eq!(configuration.dfsp_api.host, "127.0.0.1");
        assert_eq!(
            configuration.database,
            Some(PathBuf::from("data/journal.db"))
        );
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let problems = real(&[
            ("CURRENCY", "XXX"),
            ("SDK_SERVER_PORT", "70000"),
            ("SUPPORTED_ID_TYPE", "MSISDN,PHONE"),
            ("CBS_REQUEST_TIMEOUT_MS", "20000"),
            ("DATABASE_URL", "mysql://somewhere"),
            ("MSISDN_DIAL_CODE", "+220"),
            ("LOG_FORMAT", "xml"),
        ])
        .unwrap_err()
        .to_string();
        for name in [
            "CURRENCY",
            "SDK_SERVER_PORT",
            "SUPPORTED_ID_TYPE",
            "CBS_REQUEST_TIMEOUT_MS",
            "DATABASE_URL",
            "MSISDN_DIAL_CODE",
            "LOG_FORMAT",
        ] {
            assert!(problems.contains(&format!("- {name} ")), "{problems}");
        }
    }

    #[test]
    fn a_real_bank_needs_the_number_of_its_float_account() {
        let problems = read(&[("CBS_BASE_URL", "http://192.0.2.1:8080")]).unwrap_err();
        assert!(problems.to_string().contains("FLOAT_ACCOUNT"), "{problems}");
    }

    #[test]
    fn the_mojaloop_connector_has_a_second_name() {
        let configuration = read(&[
            ("CBS_BASE_URL", "http://192.0.2.1:8080"),
            ("FLOAT_ACCOUNT", "9000001"),
            ("MLCONN_OUTBOUND_ENDPOINT", "http://192.0.2.3:4001"),
        ])
        .unwrap();
        let url = configuration.connector_base_url.unwrap();
        assert_eq!(url.as_str(), "http://192.0.2.3:4001/");
    }

    #[test]
    fn times_that_endanger_money_are_refused() {
        for (name, value) in [
            ("CBS_SETTLE_MS", "1"),
            ("NEVER_SEEN_AFTER_MS", "1"),
            ("RETRY_MAX_ATTEMPTS", "0"),
            ("RETRY_LONGEST_PAUSE_MS", "1"),
            ("CBS_REQUEST_TIMEOUT_MS", "0"),
        ] {
            let problems = real(&[(name, value)]).unwrap_err().to_string();
            assert!(problems.contains(&format!("- {name} ")), "{problems}");
        }
    }

    #[test]
    fn an_url_with_a_password_is_refused() {
        let url = "http://user:hunter2@192.0.2.2:4001";
        let problems = real(&[("SDK_BASE_URL", url)]).unwrap_err().to_string();
        assert!(problems.contains("SDK_BASE_URL"), "{problems}");
        assert!(!problems.contains("hunter2"));
    }

    #[test]
    fn every_variable_that_is_read_is_described_with_its_default() {
        let described = include_str!("../../.env.example");
        let read = RefCell::new(BTreeSet::new());
        let configuration = Configuration::read(|name| {
            read.borrow_mut().insert(name.to_owned());
            // Its alias is read only if the variable itself is not set.
            let real = matches!(name, "CBS_BASE_URL" | "MLCONN_OUTBOUND_ENDPOINT");
            real.then(|| "http://192.0.2.1:8080".to_owned())
        });
        assert!(configuration.is_err(), "FLOAT_ACCOUNT is missing");
        let read = read.into_inner();
        assert!(read.len() > 20, "{read:?}");
        for name in read {
            let assigned = described.lines().any(|line| {
                let line = line.trim_start_matches("# ");
                line.strip_prefix(&name)
                    .is_some_and(|rest| rest.starts_with('='))
            });
            let mentioned = name == "MLCONN_OUTBOUND_ENDPOINT" && described.contains(&name);
            assert!(assigned || mentioned, "{name}");
        }
    }

    #[test]
    fn the_secret_is_not_printed() {
        let configuration = real(&[("CBS_AUTHORIZATION", "Bearer hunter2")]).unwrap();
        assert!(!format!("{configuration:?}").contains("hunter2"));
    }

    #[test]
    #[cfg(not(feature = "sandbox"))]
    fn without_the_sandbox_both_remotes_are_required() {
        let problems = read(&[]).unwrap_err().to_string();
        assert!(problems.contains("CBS_BASE_URL"), "{problems}");
        assert!(problems.contains("SDK_BASE_URL"), "{problems}");
    }
}
