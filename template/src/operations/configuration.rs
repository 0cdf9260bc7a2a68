//! What the environment says, read once at the start.
//!
//! Every variable is described in `.env.example`. What the bank decides reads
//! its own variables, in `core_banking`.

use std::{
    num::{NonZeroU16, NonZeroU32},
    time::Duration,
};

use reqwest::Url;

use super::{
    server_tls::ServerTls,
    telemetry::{LogFilter, LogFormat, TraceSettings},
};
use crate::{
    core_banking::{fees, funding, required_information::RequiredInformation},
    domain::identifier::{IdType, Identifiers},
    environment::{Problems, Variables, answers, currencies::Currencies, secrets},
    journal::{Database, postgres},
    mojaloop::{
        admission,
        callers::{Authentication, CallerSettings},
        http::peers::AllowedPeers,
        steps::Patience,
        turns::CONNECTOR_WAITS,
    },
    remote::{self, BreakerSettings},
};
// [if payer_steps is one_step]

use crate::core_banking::limits;
// [end]
// [if use_cases has conversion]

use crate::core_banking::conversion_limits;
// [end]

/// Why the journal has to be named.
/// A replica says three times in the length of a lease that it is alive: in a shorter one,
/// a slow answer of the database would be enough to take it for dead.
const SHORTEST_LEASE: Duration = Duration::from_millis(500);

const MAY_COME_LATE: &str = "with SECRETS_DIR or SECRETS_FILE the journal has to be named: it may be \
     among what comes late, and payments must not begin in another one";

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
    pub dfsp_name: String,
    pub fsp_id: String,
    pub lei: Option<String>,
    pub currencies: Currencies,
    pub identifiers: Identifiers,

    pub backend_api: ListenAddress,
    pub dfsp_api: ListenAddress,
    /// From where the backend API may be called.
    pub backend_peers: AllowedPeers,
    /// Who may call the DFSP API.
    pub callers: CallerSettings,
    /// `None`: the DFSP API is called without TLS.
    pub dfsp_tls: Option<ServerTls>,
    pub metrics: ListenAddress,

    /// `None` only with the sandbox, which then stands in.
    pub connector_base_url: Option<Url>,
    pub connector_timeout: Duration,
    pub connector_max_calls: usize,

    /// `None` only with the sandbox, which then stands in.
    pub cbs_base_url: Option<Url>,
    // [if cbs_auth is not none]
    pub cbs_authentication: crate::core_banking::authentication::Settings,
    // [end]
    pub cbs_timeout: Duration,
    pub cbs_max_calls: usize,
    pub cbs_settles_after: Duration,
    pub cbs_max_idle_connections: usize,
    pub breaker: BreakerSettings,

    pub funding: funding::Settings,
    // [if payer_steps is one_step]
    pub limits: limits::Settings,
    // [end]
    // [if use_cases has conversion]
    pub conversion_limits: conversion_limits::Settings,
    // [end]
    pub fees: fees::Settings,
    pub required_information: RequiredInformation,

    // [if payer_debit is push_approval]
    pub approvals: crate::mojaloop::payer::debiting::ApprovalSettings,
    // [end]
    pub quote_lifetime: Duration,
    pub final_word_after: Duration,
    // [if payer_steps is three_steps]
    pub payee_confirmed_within: Duration,
    // [end]
    pub never_seen_after: Duration,
    // [if use_cases has request_to_pay]
    pub request_to_pay_lifetime: Duration,
    // [end]
    // [if use_cases has bulk]
    pub bulk_max_items: usize,
    pub bulk_lifetime: Duration,
    // [end]
    /// `None` only with the sandbox bank, whose books start afresh as well.
    pub database: Option<Database>,
    pub admission: admission::Bounds,
    pub max_connections: usize,

    pub recovery_interval: Duration,
    pub retry_first_pause: Duration,
    pub retry_longest_pause: Duration,
    pub retry_max_attempts: u32,

    pub shutdown_timeout: Duration,

    pub log_filter: LogFilter,
    pub log_format: LogFormat,
    /// `None`: they are not sent anywhere.
    pub traces: Option<TraceSettings>,
    pub funding_asked_every: Duration,
}

impl Configuration {
    /// Reads the environment. `variable` looks up one variable by its name.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let mut variables = Variables::of(&variable);
        let configuration = Self::of(&mut variables);
        variables.finish(configuration)
    }

    fn of(variables: &mut Variables) -> Option<Self> {
        let currencies = Currencies::read(variables);
        let id_types = id_types(variables);
        let dial_code = dial_code(variables);
        let connector_base_url = connector_base_url(variables);
        let cbs_base_url = remote(variables, "CBS_BASE_URL");
        // [if cbs_auth is not none]
        let cbs_authentication = crate::core_banking::authentication::Settings::read(variables);
        // [end]
        let funding = funding::Settings::read(variables, currencies.as_ref());
        let fees = fees::Settings::read(variables, currencies.as_ref());
        let required_information = RequiredInformation::read(variables);
        // [if payer_debit is push_approval]
        let approvals = crate::mojaloop::payer::debiting::ApprovalSettings::read(variables);
        // [end]
        // [if payer_steps is one_step]
        let limits = limits::Settings::read(variables, currencies.as_ref());
        // [end]
        // [if use_cases has conversion]
        let conversion_limits = conversion_limits::Settings::read(variables, currencies.as_ref());
        // [end]
        let database = database(variables);
        let backend_api = backend_address(variables);
        let dfsp_api = listen_address(variables, "DFSP_SERVER_HOST", "DFSP_SERVER_PORT", "3004");
        let backend_peers = AllowedPeers::read(variables);
        let callers = CallerSettings::read(variables);
        let by_certificate = callers.as_ref().is_some_and(|callers| {
            matches!(callers.authentication, Authentication::Certificates(_))
        });
        let dfsp_tls = ServerTls::read(variables, by_certificate);
        let metrics = metrics_address(variables);
        let connector_timeout = variables.milliseconds("SDK_REQUEST_TIMEOUT_MS", "65000");
        let cbs_timeout = variables.milliseconds("CBS_REQUEST_TIMEOUT_MS", "5000");
        let cbs_settles_after = variables.milliseconds("CBS_SETTLE_MS", "10000");
        variables.at_least(
            ("CBS_SETTLE_MS", cbs_settles_after),
            ("CBS_REQUEST_TIMEOUT_MS", cbs_timeout),
        );
        let cbs_max_calls = positive(variables, "CBS_MAX_CALLS", "64");
        let connector_max_calls = positive(variables, "SDK_MAX_CALLS", "256");
        let breaker = breaker(variables);
        let cbs_max_idle_connections = variables.parsed("CBS_MAX_IDLE_CONNECTIONS", "32");
        let quote_lifetime = variables.milliseconds("QUOTE_LIFETIME_MS", "60000");
        let final_word_after = variables.milliseconds("FINAL_WORD_AFTER_MS", "90000");
        let never_seen_after = variables.milliseconds("NEVER_SEEN_AFTER_MS", "120000");
        variables.at_least(
            ("NEVER_SEEN_AFTER_MS", never_seen_after),
            ("SDK_REQUEST_TIMEOUT_MS", connector_timeout),
        );
        // [if use_cases has bulk]
        let bulk_max_items = bulk_max_items(variables);
        let bulk_lifetime = variables.milliseconds("BULK_LIFETIME_MS", "1800000");
        // [end]
        // [if payer_steps is three_steps]
        let payee_confirmed_within = variables.milliseconds("CONFIRM_PAYEE_WITHIN_MS", "120000");
        // [end]
        // [if use_cases has request_to_pay]
        let request_to_pay_lifetime =
            variables.milliseconds("REQUEST_TO_PAY_LIFETIME_MS", "86400000");
        // [end]
        let admission = bounds(variables);
        check_time_budget(
            variables,
            cbs_timeout,
            cbs_settles_after,
            admission.map(|bounds| bounds.longest_wait),
        );
        let max_connections = positive(variables, "MAX_CONNECTIONS", "1024");
        let recovery_interval = variables.milliseconds("RECOVERY_INTERVAL_MS", "1000");
        let retry_first_pause = variables.milliseconds("RETRY_FIRST_PAUSE_MS", "1000");
        let retry_longest_pause = variables.milliseconds("RETRY_LONGEST_PAUSE_MS", "300000");
        let retry_max_attempts = variables.parsed("RETRY_MAX_ATTEMPTS", "50");
        variables.at_least(
            ("RETRY_LONGEST_PAUSE_MS", retry_longest_pause),
            ("RETRY_FIRST_PAUSE_MS", retry_first_pause),
        );
        if retry_max_attempts == Some(0) {
            variables.problem("RETRY_MAX_ATTEMPTS", "is not usable: it is at least 1");
        }
        let shutdown_timeout = variables.milliseconds("SHUTDOWN_TIMEOUT_MS", "25000");
        variables.at_least(
            ("SHUTDOWN_TIMEOUT_MS", shutdown_timeout),
            ("CBS_REQUEST_TIMEOUT_MS", cbs_timeout),
        );
        let log_filter = variables.parsed("LOG_LEVEL", "info,actix_server=warn");
        let log_format = variables.parsed("LOG_FORMAT", "text");
        let traces = traces(variables);
        let funding_asked_every = variables.milliseconds("FUNDING_METRICS_INTERVAL_MS", "30000");
        // Everything has been read by now, so that every problem is known.
        Some(Self {
            cbs_name: variables.text_or("CBS_NAME", answers::CBS_NAME),
            fsp_id: variables.text_or("FSP_ID", answers::FSP_ID),
            dfsp_name: variables.text_or("DFSP_NAME", answers::DFSP_NAME),
            lei: Some(variables.text_or("LEI", answers::LEI)).filter(|lei| !lei.is_empty()),
            currencies: currencies?,
            identifiers: Identifiers::new(id_types, dial_code),
            backend_api: backend_api?,
            dfsp_api: dfsp_api?,
            backend_peers: backend_peers?,
            callers: callers?,
            dfsp_tls,
            metrics: metrics?,
            connector_base_url,
            connector_timeout: connector_timeout?,
            connector_max_calls: connector_max_calls?,
            cbs_base_url,
            // [if cbs_auth is not none]
            cbs_authentication: cbs_authentication?,
            // [end]
            cbs_timeout: cbs_timeout?,
            cbs_max_calls: cbs_max_calls?,
            breaker: breaker?,
            cbs_settles_after: cbs_settles_after?,
            cbs_max_idle_connections: cbs_max_idle_connections?,
            funding: funding?,
            fees: fees?,
            required_information: required_information?,
            // [if payer_debit is push_approval]
            approvals: approvals?,
            // [end]
            // [if payer_steps is one_step]
            limits: limits?,
            // [end]
            // [if use_cases has conversion]
            conversion_limits: conversion_limits?,
            // [end]
            quote_lifetime: quote_lifetime?,
            final_word_after: final_word_after?,
            never_seen_after: never_seen_after?,
            // [if use_cases has request_to_pay]
            request_to_pay_lifetime: request_to_pay_lifetime?,
            // [end]
            // [if use_cases has bulk]
            bulk_max_items: bulk_max_items?,
            bulk_lifetime: bulk_lifetime?,
            // [end]
            // [if payer_steps is three_steps]
            payee_confirmed_within: payee_confirmed_within?,
            // [end]
            database,
            admission: admission?,
            max_connections: max_connections?,
            recovery_interval: recovery_interval?,
            retry_first_pause: retry_first_pause?,
            retry_longest_pause: retry_longest_pause?,
            retry_max_attempts: retry_max_attempts?,
            shutdown_timeout: shutdown_timeout?,
            log_filter: log_filter?,
            log_format: log_format?,
            traces,
            funding_asked_every: funding_asked_every?,
        })
    }
}

/// How much is let in at once.
fn bounds(variables: &mut Variables) -> Option<admission::Bounds> {
    let at_once = positive(variables, "MAX_REQUESTS_AT_ONCE", "256");
    let waiting = variables.parsed("MAX_REQUESTS_WAITING", "256");
    let longest_wait = variables.milliseconds("MAX_REQUEST_WAIT_MS", "1000");
    Some(admission::Bounds {
        at_once: at_once?,
        waiting: waiting?,
        longest_wait: longest_wait?,
    })
}

/// When bank or Mojaloop Connector is not called for a while.
fn breaker(variables: &mut Variables) -> Option<BreakerSettings> {
    let max_failures = variables.parsed::<NonZeroU32>("BREAKER_FAILURES", "10");
    let first_pause = variables.milliseconds("BREAKER_FIRST_PAUSE_MS", "1000");
    let longest_pause = variables.milliseconds("BREAKER_LONGEST_PAUSE_MS", "30000");
    variables.at_least(
        ("BREAKER_LONGEST_PAUSE_MS", longest_pause),
        ("BREAKER_FIRST_PAUSE_MS", first_pause),
    );
    Some(BreakerSettings {
        max_failures: max_failures?.get(),
        first_pause: first_pause?,
        longest_pause: longest_pause?,
    })
}

fn positive(variables: &mut Variables, name: &str, default: &str) -> Option<usize> {
    let number = variables.parsed::<NonZeroU16>(name, default)?;
    Some(number.get().into())
}

/// Where the journal is: all that a command that only looks into it needs.
pub fn journal(variable: impl Fn(&str) -> Option<String>) -> Result<Database, Problems> {
    let mut variables = Variables::of(&variable);
    let database = database(&mut variables);
    let database = variables.finish(Some(database))?;
    database.ok_or_else(|| {
        Problems::of(
            "DATABASE_URL is missing: a connector to the sandbox keeps its journal in a \
             temporary file, and says in which when it starts",
        )
    })
}

/// Where the backend API listens: all that is needed to ask whether it serves.
pub fn backend_api(variable: impl Fn(&str) -> Option<String>) -> Result<ListenAddress, Problems> {
    let mut variables = Variables::of(&variable);
    let address = backend_address(&mut variables);
    variables.finish(address)
}

fn backend_address(variables: &mut Variables) -> Option<ListenAddress> {
    listen_address(variables, "SDK_SERVER_HOST", "SDK_SERVER_PORT", "3003")
}

/// Where a remote is. The sandbox stands in for one that is not named.
fn remote(variables: &mut Variables, name: &str) -> Option<Url> {
    if !cfg!(feature = "sandbox") {
        variables.required(name, "an URL such as http://192.0.2.1:8080");
    }
    variables.url(name)
}

/// Payment Manager deployments use the second name.
fn connector_base_url(variables: &mut Variables) -> Option<Url> {
    let alias = "MLCONN_OUTBOUND_ENDPOINT";
    if variables.text("SDK_BASE_URL").is_none() && variables.text(alias).is_some() {
        return variables.url(alias);
    }
    remote(variables, "SDK_BASE_URL")
}

fn listen_address(
    variables: &mut Variables,
    host: &str,
    port: &str,
    default: &str,
) -> Option<ListenAddress> {
    Some(ListenAddress {
        host: variables.text_or(host, "127.0.0.1"),
        port: variables.parsed(port, default)?,
    })
}

/// Whoever scrapes is on another machine.
fn metrics_address(variables: &mut Variables) -> Option<ListenAddress> {
    Some(ListenAddress {
        host: variables.text_or("METRICS_SERVER_HOST", "0.0.0.0"),
        port: variables.parsed("METRICS_SERVER_PORT", "7001")?,
    })
}

/// The variables have the names that OpenTelemetry gives them everywhere.
fn traces(variables: &mut Variables) -> Option<TraceSettings> {
    let service_name = variables.text_or("OTEL_SERVICE_NAME", env!("CARGO_PKG_NAME"));
    let endpoint = variables.url("OTEL_EXPORTER_OTLP_ENDPOINT")?;
    Some(TraceSettings {
        endpoint,
        service_name,
    })
}

fn id_types(variables: &mut Variables) -> Vec<IdType> {
    let name = "SUPPORTED_ID_TYPE";
    let mut id_types = Vec::new();
    let texts = variables.text_or(name, answers::SUPPORTED_ID_TYPE);
    for text in texts.split(',') {
        match text.trim().parse() {
            Ok(id_type) => id_types.push(id_type),
            Err(_) => {
                let known = IdType::ALL.map(IdType::as_str).join(", ");
                variables.problem(name, &format!("names other types than {known}"));
            }
        }
    }
    id_types
}

fn dial_code(variables: &mut Variables) -> String {
    let name = "MSISDN_DIAL_CODE";
    let dial_code = variables.text_or(name, answers::DIAL_CODE);
    let digits = dial_code.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || dial_code.len() > 3 || dial_code.starts_with('0') {
        variables.problem(name, "is not a dial code such as 220 (without + or 00)");
    }
    dial_code
}

// [if use_cases has bulk]
/// The official document allows a thousand.
fn bulk_max_items(variables: &mut Variables) -> Option<usize> {
    let name = "BULK_MAX_ITEMS";
    let max_items = variables.parsed(name, "1000");
    if max_items.is_some_and(|max_items| !(1..=1_000).contains(&max_items)) {
        variables.problem(name, "is not from 1 to 1000");
    }
    max_items
}

// [end]
fn database(variables: &mut Variables) -> Option<Database> {
    let name = "DATABASE_URL";
    let max_connections = variables.parsed("DATABASE_MAX_CONNECTIONS", "16");
    if max_connections == Some(0) {
        variables.problem(
            "DATABASE_MAX_CONNECTIONS",
            "is not usable: it is at least 1",
        );
    }
    let lease = variables.milliseconds("LEASE_MS", "15000");
    if lease.is_some_and(|lease| lease < SHORTEST_LEASE) {
        variables.problem("LEASE_MS", "is not usable: it is at least 500");
    }
    let needed = variables.text("CBS_BASE_URL").is_some() || !cfg!(feature = "sandbox");
    let url = match variables.text(name) {
        Some(url) => url,
        // It may be among what comes late, and payments must not begin in another journal.
        None if needed && secrets::come_late(variables) => {
            return variables.required(name, MAY_COME_LATE).and(None);
        }
        None if needed => "sqlite:data/journal.db".to_owned(),
        None => return None,
    };
    let config = match url.split_once(':') {
        Some(("sqlite", path)) => {
            let path = path.strip_prefix("//").unwrap_or(path);
            let path = Some(path).filter(|path| !path.is_empty());
            return path
                .map(|path| Database::Sqlite(path.into()))
                .or_else(|| no_database(variables));
        }
        // What is wrong with it is not said: it holds a password.
        Some(("postgres" | "postgresql", _)) => url.parse().ok(),
        _ => None,
    };
    let Some(config) = config else {
        return no_database(variables);
    };
    Some(Database::Postgres(Box::new(postgres::Settings {
        config,
        max_connections: max_connections?,
        lease: lease?,
    })))
}

fn no_database<T>(variables: &mut Variables) -> Option<T> {
    variables.problem(
        "DATABASE_URL",
        "is neither like sqlite:data/journal.db nor like postgres://user:password@host/database",
    );
    None
}

/// A request waits to be let in. Then its reservation may take one instruction,
/// two enquiries with the bank's time to settle between them, and one more
/// instruction and enquiry, each of which may wait until it can be made. If that
/// were longer than the Mojaloop Connector waits, it would report a failure of a
/// payment that succeeds.
fn check_time_budget(
    variables: &mut Variables,
    timeout: Option<Duration>,
    settles_after: Option<Duration>,
    admitted_within: Option<Duration>,
) {
    let (Some(timeout), Some(settles_after), Some(admitted_within)) =
        (timeout, settles_after, admitted_within)
    else {
        return;
    };
    let patience = Patience {
        settles_after,
        longest_call: timeout.saturating_add(remote::longest_wait(timeout)),
    };
    let longest = patience.longest_attempt().saturating_add(admitted_within);
    if longest >= CONNECTOR_WAITS {
        let (longest, waits) = (longest.as_millis(), CONNECTOR_WAITS.as_millis());
        variables.problem(
            "CBS_REQUEST_TIMEOUT_MS",
            &format!(
                "is too long: 5 calls, each with a fifth (at most 1000) of it to wait, CBS_SETTLE_MS \
                 and MAX_REQUEST_WAIT_MS come to {longest}, and the Mojaloop Connector waits {waits}"
            ),
        );
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{cell::RefCell, collections::BTreeSet, path::Path};

    use super::*;
    use crate::{
        core_banking::funding::example::VARIABLES, domain::currency::Currency,
        environment::currencies::variable_name,
    };

    /// What has to be configured for each currency.
    const OF_A_CURRENCY: &[&[(&str, &str)]] = &[
        // What mirrors the money at the scheme.
        &VARIABLES,
        // [if fees is flat]
        &[
            ("PAYER_FEE_FLAT", "0"),
            ("PAYEE_FEE_FLAT", "0"),
            ("COMMISSION_FLAT", "0"),
        ],
        // [end]
        // [if fees is percent]
        &[
            ("PAYER_FEE_PERCENT", "0"),
            ("PAYEE_FEE_PERCENT", "0"),
            ("COMMISSION_PERCENT", "0"),
        ],
        // [end]
        // [if fees is tiered]
        &[
            ("PAYER_FEE_TIERS", "0:0+0%"),
            ("PAYEE_FEE_TIERS", "0:0+0%"),
            ("COMMISSION_TIERS", "0:0+0%"),
        ],
        // [end]
    ];

    fn read(variables: &[(&str, &str)]) -> Result<Configuration, Problems> {
        Configuration::read(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    // [if cbs_auth is mtls]
    macro_rules! of_tests {
        ($file:literal) => {
            concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/core_banking_client/authentication/",
                $file
            )
        };
    }

    // [end]
    pub(crate) fn real(more: &[(&str, &str)]) -> Result<Configuration, Problems> {
        let real = [
            ("CBS_BASE_URL", "https://192.0.2.1:8080"),
            ("SDK_BASE_URL", "http://192.0.2.2:4001"),
            ("DFSP_API_AUTHENTICATION", "none"),
            // [if cbs_auth is basic]
            ("CBS_USER", "connector"),
            ("CBS_PASSWORD", "hunter2"),
            // [end]
            // [if cbs_auth is api_key]
            ("CBS_API_KEY", "hunter2"),
            // [end]
            // [if cbs_auth is oauth2]
            ("CBS_CLIENT_ID", "connector"),
            ("CBS_CLIENT_SECRET", "hunter2"),
            // [end]
            // [if cbs_auth is mtls]
            ("CBS_CA_FILE", of_tests!("authority.pem")),
            ("CBS_CLIENT_CERTIFICATE_FILE", of_tests!("connector.pem")),
            ("CBS_CLIENT_KEY_FILE", of_tests!("connector.key")),
            // [end]
        ];
        with_money(&[more, &real].concat())
    }

    fn with_money(variables: &[(&str, &str)]) -> Result<Configuration, Problems> {
        let currencies = Currencies::read(&mut Variables::of(&|_| None)).unwrap();
        let money: Vec<_> = currencies
            .all()
            .flat_map(|currency| {
                let of_currency = OF_A_CURRENCY.concat().into_iter();
                of_currency.map(move |(name, value)| (variable_name(name, currency), value))
            })
            .collect();
        let money: Vec<_> = money
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        // The first one of a name is found.
        read(&[variables, &money].concat())
    }

    #[test]
    fn few_variables_suffice_for_a_real_bank() {
        let configuration = real(&[]).unwrap();
        assert_eq!(configuration.fsp_id, answers::FSP_ID);
        assert_eq!(configuration.currencies.first().code(), answers::CURRENCY);
        assert_eq!(configuration.backend_api.port, 3003);
        assert_eq!(configuration.dfsp_api.host, "127.0.0.1");
        assert!(matches!(
            configuration.database,
            Some(Database::Sqlite(path)) if path == Path::new("data/journal.db")
        ));
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let problems = real(&[
            ("SDK_SERVER_PORT", "70000"),
            ("CURRENCY_MODE", "many"),
            ("SUPPORTED_ID_TYPE", "MSISDN,PHONE"),
            ("CBS_REQUEST_TIMEOUT_MS", "20000"),
            ("DATABASE_URL", "mysql://somewhere"),
            ("MSISDN_DIAL_CODE", "+220"),
            ("LOG_FORMAT", "xml"),
        ])
        .unwrap_err()
        .to_string();
        for name in [
            "SDK_SERVER_PORT",
            "CURRENCY_MODE",
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
    fn a_real_bank_needs_to_be_told_what_funds_payments() {
        let problems = read(&[("CBS_BASE_URL", "http://192.0.2.1:8080")]).unwrap_err();
        for (name, _) in VARIABLES {
            assert!(problems.to_string().contains(name), "{problems}");
        }
    }

    #[test]
    fn the_mojaloop_connector_has_a_second_name() {
        let configuration = real(&[
            ("SDK_BASE_URL", ""),
            ("MLCONN_OUTBOUND_ENDPOINT", "http://192.0.2.3:4001"),
        ])
        .unwrap();
        let url = configuration.connector_base_url.unwrap();
        assert_eq!(url.as_str(), "http://192.0.2.3:4001/");
    }

    #[test]
    fn a_password_of_the_database_is_not_printed() {
        let url = "postgres://bank:hunter2@192.0.2.4/journal";
        let configuration = real(&[("DATABASE_URL", url)]).unwrap();
        let printed = format!("{configuration:?}");
        assert!(printed.contains("192.0.2.4"), "{printed}");
        assert!(!printed.contains("hunter2"), "{printed}");

        let broken = "postgres://bank:hunter2@192.0.2.4:port/journal";
        let problems = real(&[("DATABASE_URL", broken)]).unwrap_err().to_string();
        assert!(problems.contains("- DATABASE_URL "), "{problems}");
        assert!(!problems.contains("hunter2"), "{problems}");
    }

    #[test]
    fn times_that_endanger_money_are_refused() {
        for (name, value) in [
            ("CBS_SETTLE_MS", "1"),
            ("NEVER_SEEN_AFTER_MS", "1"),
            ("RETRY_MAX_ATTEMPTS", "0"),
            ("RETRY_LONGEST_PAUSE_MS", "1"),
            ("CBS_REQUEST_TIMEOUT_MS", "0"),
            ("SHUTDOWN_TIMEOUT_MS", "1"),
            ("BREAKER_LONGEST_PAUSE_MS", "1"),
            ("LEASE_MS", "499"),
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
        assert!(configuration.is_err(), "what funds payments is missing");
        let read = read.into_inner();
        assert!(read.len() > 20, "{read:?}");
        for name in read {
            let assigned = described.lines().any(|line| {
                let assignment = line.trim_start_matches("# ").split_once('=');
                assignment.is_some_and(|(described, _)| is_named(&name, described))
            });
            let mentioned = name == "MLCONN_OUTBOUND_ENDPOINT" && described.contains(&name);
            assert!(assigned || mentioned, "{name}");
        }
    }

    #[test]
    fn the_table_of_times_states_their_defaults_and_each_is_checked() {
        let described = include_str!("../../.env.example");
        let rows = include_str!("../../docs/LIMITS.md").lines();
        let rows = rows.filter_map(|row| {
            let mut cells = row.strip_prefix("| `")?.split('|').map(str::trim);
            let name = cells.next()?.strip_suffix('`')?;
            Some((name, cells.next()?, cells.next()?))
        });
        let rows: Vec<_> = rows.collect();
        assert!(rows.len() > 5, "{rows:?}");
        for (name, default, outer) in rows {
            let assignment = format!("# {name}={default}");
            assert!(described.lines().any(|line| line == assignment), "{name}");
            if outer.contains("nobody here knows") {
                continue;
            }
            // Longer than everything that it could fit into.
            let problems = real(&[(name, "100000000")]).unwrap_err().to_string();
            assert!(problems.contains("- "), "{name}: {problems}");
        }
    }

    /// Whether a variable has this name, or has it for one currency.
    fn is_named(variable: &str, described: &str) -> bool {
        let currency = variable
            .rsplit_once('_')
            .map(|(_, end)| end.parse::<Currency>());
        let for_currency = |currency| variable_name(described, currency) == variable;
        variable == described || currency.is_some_and(|code| code.is_ok_and(for_currency))
    }

    #[test]
    #[cfg(not(feature = "sandbox"))]
    fn without_the_sandbox_both_remotes_are_required() {
        let problems = read(&[]).unwrap_err().to_string();
        assert!(problems.contains("CBS_BASE_URL"), "{problems}");
        assert!(problems.contains("SDK_BASE_URL"), "{problems}");
    }
}
