//! Wiring: from a configuration to two servers, and one for whoever watches.

use std::{
    net::{SocketAddr, TcpListener},
    num::NonZeroUsize,
    pin::pin,
    sync::Arc,
    thread,
    time::Duration,
};

use actix_web::{App, HttpServer, dev::Server, middleware::from_fn, web::Data};
use tokio::{runtime::Handle, task::JoinSet, time::timeout};

use super::{
    configuration::{Configuration, ListenAddress},
    ending::{end, told_to_end},
    metrics::{self, Metrics, Scrape, Sources, WatchedApi, WatchedCalls, WatchedJournal, watch},
};
use crate::{
    core_banking::{
        self, fees::Fees, funding::Funding, guarded::GuardedBank, insight::Insight,
        port::CoreBankingSystem,
    },
    environment::Problems,
    journal::{
        Database, Exceptions, Journal, Quotes,
        attended::AttendedStore,
        inspection::Inspection,
        store::{Store, StoreError},
        work::Schedule,
    },
    mojaloop::{
        admission::Admission,
        backend_api::{self, BackendApi},
        callers::Callers,
        connector::{self, MojaloopConnector},
        dfsp_api::{self, DfspApi},
        http::{
            admit, answer_everything,
            guard::{keep_client_name, let_in_who_is_known},
            peers::let_in_allowed_peers,
        },
        payee::{self, Payee},
        payer::{self, Payer},
        progress::Progress,
        readiness::Readiness,
        recovery::{look_after_incoming, look_after_outgoing},
        steps::Patience,
        tasks::Tasks,
    },
    remote::{Remote, RemoteSettings, longest_wait},
};
// [if role is fxp, both]

use crate::{
    journal::conversions::ConversionQuotes,
    mojaloop::{
        fxp::{self, Fxp},
        recovery::look_after_conversions,
    },
};
// [end]

// [if use_cases has request_to_pay]
use crate::mojaloop::{payee::requests::SentRequests, payer::requests::ReceivedRequests};

// [end]
/// How long a connection may stay idle. Longer than the pause between two
/// messages of a payment, so that a message does not meet a closing one.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long the head of a request may take to arrive.
const LONGEST_HEAD: Duration = Duration::from_secs(5);

/// How many connections wait to be taken.
const BACKLOG: u32 = 1024;

/// How long the journal may take to hear that this process does nothing more.
const LEAVING: Duration = Duration::from_secs(1);

/// Why the connector did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Configuration(#[from] Problems),
    #[error("cannot listen on {address}: {source}")]
    Listen {
        address: String,
        source: std::io::Error,
    },
    #[error("the journal cannot be opened: {0}")]
    Journal(#[from] StoreError),
    #[error("an HTTP client cannot be made: {0}")]
    Client(#[from] reqwest::Error),
    #[error("a server has failed: {0}")]
    Server(#[from] std::io::Error),
    #[error("the recovery of payments has failed, this is a defect of the connector")]
    Recovery,
}

/// The ports of both APIs and of the metrics, taken before anything else starts.
#[derive(Debug)]
pub struct Listeners {
    backend_api: TcpListener,
    dfsp_api: TcpListener,
    metrics: TcpListener,
}

impl Listeners {
    pub fn bind(configuration: &Configuration) -> Result<Self, StartError> {
        Ok(Self {
            backend_api: bind(&configuration.backend_api)?,
            dfsp_api: bind(&configuration.dfsp_api)?,
            metrics: bind(&configuration.metrics)?,
        })
    }

    pub fn backend_address(&self) -> std::io::Result<SocketAddr> {
        self.backend_api.local_addr()
    }

    pub fn dfsp_address(&self) -> std::io::Result<SocketAddr> {
        self.dfsp_api.local_addr()
    }

    pub fn metrics_address(&self) -> std::io::Result<SocketAddr> {
        self.metrics.local_addr()
    }
}

fn bind(address: &ListenAddress) -> Result<TcpListener, StartError> {
    let ListenAddress { host, port } = address;
    TcpListener::bind((host.as_str(), *port)).map_err(|source| StartError::Listen {
        address: format!("{host}:{port}"),
        source,
    })
}

/// Chooses the implementation of TLS. It has to be chosen before a client is
/// made, once a process.
pub fn choose_tls() {
    // Fails if it has been chosen before, which is as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Opens the journal that the configuration names.
pub async fn open_journal(configuration: &Configuration) -> Result<Arc<dyn Store>, StartError> {
    let database = configuration.database.clone();
    let database = database.ok_or_else(|| Problems::of("DATABASE_URL is missing"))?;
    Ok(database.open().await?)
}

/// Opens the journal for an operator's command, beside the connectors that work
/// on it.
pub async fn open_inspection(journal: Database) -> Result<Arc<dyn Inspection>, StoreError> {
    choose_tls();
    journal.inspect().await
}

/// Makes the client of the core banking system that the configuration names.
pub fn core_banking_client(
    configuration: &Configuration,
) -> Result<Arc<dyn CoreBankingSystem>, StartError> {
    let base_url = configuration.cbs_base_url.clone();
    let client = core_banking::Client::new(core_banking::Settings {
        base_url: base_url.ok_or_else(|| Problems::of("CBS_BASE_URL is missing"))?,
        // [if cbs_auth is not none]
        authentication: configuration.cbs_authentication.clone(),
        // [end]
        timeout: configuration.cbs_timeout,
        max_idle_connections: configuration.cbs_max_idle_connections,
    })?;
    Ok(Arc::new(client))
}

/// A connector that serves.
pub struct Connector {
    backend_api: Server,
    dfsp_api: Server,
    metrics: Server,
    recovery: JoinSet<()>,
    store: Arc<dyn Store>,
    tasks: Tasks,
    shutdown_timeout: Duration,
}

impl Connector {
    /// Starts both APIs, and goes on with the payments that an earlier process
    /// left unfinished.
    pub fn start(
        configuration: Configuration,
        listeners: Listeners,
        store: Arc<dyn Store>,
        bank: Arc<dyn CoreBankingSystem>,
    ) -> Result<Self, StartError> {
        let missing = |name: &str| Problems::of(format!("{name} is missing"));
        let connector_base_url = configuration.connector_base_url.clone();
        let settings = connector::Settings {
            base_url: connector_base_url.ok_or_else(|| missing("SDK_BASE_URL"))?,
            timeout: configuration.connector_timeout,
            fsp_id: configuration.fsp_id.clone(),
        };
        let metrics = Arc::new(Metrics::default());
        let watched = WatchedJournal::new(Arc::clone(&metrics));
        let store: Arc<dyn Store> = Arc::new(AttendedStore::new(store, watched));
        let watcher = WatchedCalls::new("mojaloop connector", Arc::clone(&metrics));
        let remote = Remote::new("the Mojaloop Connector", of_connector(&configuration));
        let remote_connector = remote.watched_by(watcher);
        let connector = MojaloopConnector::new(settings, remote_connector.clone())?;
        let watcher = WatchedCalls::new("core banking system", Arc::clone(&metrics));
        let remote = Remote::new("the core banking system", of_bank(&configuration));
        let remote_bank = remote.watched_by(watcher);
        // Whoever only watches neither opens the breaker nor probes.
        let watched_bank = Arc::clone(&bank);
        let bank = GuardedBank::new(bank, remote_bank.clone());
        let bank: Arc<dyn CoreBankingSystem> = Arc::new(bank);
        let insight = Insight {
            bank: Arc::clone(&bank),
            journal: Arc::clone(&store),
        };
        let funding = Funding::new(configuration.funding.clone(), &insight);
        let watched_funding = Funding::new(
            configuration.funding.clone(),
            &Insight {
                bank: watched_bank,
                journal: Arc::clone(&store),
            },
        );
        let watched_currencies = configuration.currencies.clone();
        let fees = Fees::new(configuration.fees.clone(), &insight);
        // [if payer_steps is one_step]
        let limits = core_banking::limits::Limits::new(configuration.limits.clone());
        // [end]
        // [if use_cases has conversion]
        let conversion_limits = core_banking::conversion_limits::ConversionLimits::new(
            configuration.conversion_limits.clone(),
        );
        // [end]
        let incoming = Journal::new(Arc::clone(&store));
        let outgoing = Journal::new(Arc::clone(&store));
        let patience = patience(&configuration);
        let schedule = schedule(&configuration);
        let tasks = Tasks::new(Handle::current());
        let readiness = Readiness::new(
            Arc::clone(&store),
            tasks.clone(),
            remote_bank.clone(),
            remote_connector.clone(),
        );
        // [if payer_debit is push_approval]
        let approvals = payer::debiting::Approvals::new(configuration.approvals.clone());
        // [end]

        // [if role is fxp, both]
        let conversions = Journal::new(Arc::clone(&store));
        let fxp = Fxp::new(
            fxp_settings(&configuration),
            fxp::Collaborators {
                bank: Arc::clone(&bank),
                connector: connector.clone(),
                progress: Progress::new(conversions.clone(), patience, schedule),
                quotes: ConversionQuotes::new(Arc::clone(&store)),
                exceptions: Exceptions::new(Arc::clone(&store)),
                tasks: tasks.clone(),
            },
        );
        // [end]
        let payee = Payee::new(
            payee_settings(&configuration),
            payee::Collaborators {
                bank: Arc::clone(&bank),
                funding: funding.clone(),
                fees: fees.clone(),
                required_information: configuration.required_information.clone(),
                connector: connector.clone(),
                progress: Progress::new(incoming.clone(), patience, schedule),
                quotes: Quotes::new(Arc::clone(&store)),
                exceptions: Exceptions::new(Arc::clone(&store)),
                tasks: tasks.clone(),
            },
        );
        // [if use_cases has bulk]
        let bulk_payee = crate::mojaloop::bulk_payee::BulkPayee::new(
            payee.clone(),
            configuration.bulk_max_items,
            Journal::new(Arc::clone(&store)),
            Journal::new(Arc::clone(&store)),
            tasks.clone(),
        );
        // [end]
        let payer = Payer::new(
            payer_settings(&configuration),
            payer::Collaborators {
                bank,
                funding,
                fees,
                required_information: configuration.required_information.clone(),
                // [if payer_steps is one_step]
                limits,
                // [end]
                // [if use_cases has conversion]
                conversion_limits,
                // [end]
                connector: connector.clone(),
                progress: Progress::new(outgoing.clone(), patience, schedule),
                tasks: tasks.clone(),
                // [if payer_debit is push_approval]
                approvals: approvals.clone(),
                // [end]
            },
        );
        // [if use_cases has bulk]
        let bulks = Journal::new(Arc::clone(&store));
        let bulk_payer = crate::mojaloop::bulk_payer::BulkPayer::new(
            crate::mojaloop::bulk_payer::Settings {
                max_items: configuration.bulk_max_items,
                lifetime: configuration.bulk_lifetime,
            },
            payer.clone(),
            connector.clone(),
            Progress::new(bulks.clone(), patience, schedule),
            tasks.clone(),
        );
        // [end]
        let callers = Data::new(Callers::new(configuration.callers)?);
        let interval = configuration.recovery_interval;
        let shutdown_timeout = configuration.shutdown_timeout;
        // [if use_cases has request_to_pay]
        let received_requests = ReceivedRequests::new(
            payer.clone(),
            Journal::new(Arc::clone(&store)),
            Progress::new(Journal::new(Arc::clone(&store)), patience, schedule),
            configuration.request_to_pay_lifetime,
        );
        let sent_requests = SentRequests::new(
            payee.clone(),
            connector,
            Journal::new(Arc::clone(&store)),
            Progress::new(Journal::new(Arc::clone(&store)), patience, schedule),
            configuration.request_to_pay_lifetime,
        );
        // [end]
        let mut recovery = JoinSet::new();
        recovery.spawn(look_after_incoming(
            incoming,
            payee.clone(),
            tasks.clone(),
            interval,
        ));
        recovery.spawn(look_after_outgoing(
            outgoing,
            payer.clone(),
            tasks.clone(),
            interval,
        ));
        // [if use_cases has request_to_pay]
        let received = received_requests.clone();
        recovery.spawn(payer::requests::look_after_requests(received, interval));
        let sent = sent_requests.clone();
        recovery.spawn(payee::requests::look_after_requests(sent, interval));
        // [end]
        // [if role is fxp, both]
        recovery.spawn(look_after_conversions(
            conversions,
            fxp.clone(),
            tasks.clone(),
            interval,
        ));
        // [end]
        // [if use_cases has bulk]
        recovery.spawn(crate::mojaloop::recovery::look_after_bulks(
            bulks,
            bulk_payer.clone(),
            tasks.clone(),
            interval,
        ));
        // [end]

        let (kept, ending) = (Data::clone(&callers), tasks.clone());
        recovery.spawn(async move {
            tokio::select! {
                () = kept.keep_up_to_date() => {}
                () = ending.end_begins() => {}
            }
        });

        let backend_routes = backend_api::routes(BackendApi {
            payee,
            // [if use_cases has request_to_pay]
            sent_requests: sent_requests.clone(),
            received_requests: received_requests.clone(),
            // [end]
            // [if role is fxp, both]
            fxp,
            // [end]
            // [if use_cases has bulk]
            bulk_payee,
            bulk_payer: bulk_payer.clone(),
            // [end]
            fsp_id: configuration.fsp_id,
            lei: configuration.lei,
            required_information: configuration.required_information,
            currencies: configuration.currencies.clone(),
            identifiers: configuration.identifiers.clone(),
        });
        let dfsp_routes = dfsp_api::routes(DfspApi {
            payer,
            // [if use_cases has bulk]
            bulk_payer,
            // [end]
            // [if use_cases has request_to_pay]
            received_requests,
            sent_requests,
            // [end]
            // [if payer_debit is push_approval]
            approvals,
            // [end]
            currencies: configuration.currencies,
            identifiers: configuration.identifiers,
        });
        // Each API has room of its own.
        let admission_of_backend = Admission::new(configuration.admission, tasks.clone());
        let admission_of_dfsp = Admission::new(configuration.admission, tasks.clone());
        let scrape = Scrape::new(
            Arc::clone(&metrics),
            Sources {
                readiness: readiness.clone(),
                tasks: tasks.clone(),
                bank: remote_bank,
                connector: remote_connector,
                backend_api: admission_of_backend.clone(),
                dfsp_api: admission_of_dfsp.clone(),
                database: configuration.database,
                funding: watched_funding,
                currencies: watched_currencies,
                ask_bank_every: configuration.funding_asked_every,
            },
        );
        let of_metrics = metrics::serve(Data::new(scrape), listeners.metrics)?;
        let watched = WatchedApi {
            name: "backend",
            metrics: Arc::clone(&metrics),
        };
        let allowed = Data::new(configuration.backend_peers);
        let backend_api = HttpServer::new(move || {
            App::new()
                .app_data(Data::new(admission_of_backend.clone()))
                .app_data(Data::new(readiness.clone()))
                .app_data(Data::new(watched.clone()))
                .app_data(allowed.clone())
                .configure(backend_routes.clone())
                .wrap(from_fn(admit))
                .wrap(from_fn(let_in_allowed_peers))
                .wrap(from_fn(answer_everything))
                .wrap(from_fn(watch))
        });
        let watched = WatchedApi {
            name: "dfsp",
            metrics,
        };
        let dfsp_api = HttpServer::new(move || {
            App::new()
                .app_data(Data::new(admission_of_dfsp.clone()))
                .app_data(Data::new(watched.clone()))
                .app_data(callers.clone())
                .configure(dfsp_routes.clone())
                .wrap(from_fn(admit))
                .wrap(from_fn(let_in_who_is_known))
                .wrap(from_fn(answer_everything))
                .wrap(from_fn(watch))
        })
        .on_connect(keep_client_name);
        let connections = connections_of_a_thread(configuration.max_connections);
        // The end is for the connector to arrange, and comes before this.
        let longer = shutdown_timeout.as_secs() + 2;
        let dfsp_api = dfsp_api
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(LONGEST_HEAD)
            .max_connections(connections)
            .backlog(BACKLOG)
            .disable_signals()
            .shutdown_timeout(longer);
        Ok(Self {
            backend_api: backend_api
                .keep_alive(KEEP_ALIVE)
                .client_request_timeout(LONGEST_HEAD)
                .max_connections(connections)
                .backlog(BACKLOG)
                .disable_signals()
                .shutdown_timeout(longer)
                .listen(listeners.backend_api)?
                .run(),
            dfsp_api: match configuration.dfsp_tls {
                None => dfsp_api.listen(listeners.dfsp_api)?,
                Some(tls) => dfsp_api.listen_rustls_0_23(listeners.dfsp_api, tls.config())?,
            }
            .run(),
            metrics: of_metrics,
            recovery,
            store,
            tasks,
            shutdown_timeout,
        })
    }

    /// Serves until the process is told to end, and ends in order. Without its
    /// recovery the connector does not go on: payments would stay where they are.
    pub async fn serve(self) -> Result<(), StartError> {
        let mut recovery = self.recovery;
        let (backend_api, dfsp_api) = (self.backend_api.handle(), self.dfsp_api.handle());
        // Whoever watches sees the end, too: this one goes with the process.
        let metrics = self.metrics.handle();
        let mut of_metrics = pin!(self.metrics);
        let mut servers = pin!(async { tokio::try_join!(self.backend_api, self.dfsp_api) });
        tokio::select! {
            served = &mut servers => return Ok(served.map(|_| ())?),
            served = &mut of_metrics => return Ok(served?),
            _ = recovery.join_next() => return Err(StartError::Recovery),
            told = told_to_end() => told?,
        }
        end(&self.tasks, self.shutdown_timeout, async {
            // Both take no more connections, and finish the requests that they have.
            let stopped = async { tokio::join!(backend_api.stop(true), dfsp_api.stop(true)) };
            let _ = tokio::join!(stopped, servers);
            while recovery.join_next().await.is_some() {}
        })
        .await;
        match timeout(LEAVING, self.store.leave()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "replicas wait until the lease has run out"),
            Err(_) => tracing::warn!("replicas wait until the lease has run out"),
        }
        drop(metrics.stop(false));
        Ok(())
    }
}

/// A server divides its connections among its threads, one for each processor.
fn connections_of_a_thread(connections: usize) -> usize {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    connections.div_ceil(threads)
}

fn of_bank(configuration: &Configuration) -> RemoteSettings {
    RemoteSettings {
        max_calls: configuration.cbs_max_calls,
        timeout: configuration.cbs_timeout,
        breaker: configuration.breaker,
    }
}

fn of_connector(configuration: &Configuration) -> RemoteSettings {
    RemoteSettings {
        max_calls: configuration.connector_max_calls,
        timeout: configuration.connector_timeout,
        breaker: configuration.breaker,
    }
}

fn payee_settings(configuration: &Configuration) -> payee::Settings {
    payee::Settings {
        quote_lifetime: configuration.quote_lifetime,
        final_word_after: configuration.final_word_after,
    }
}

// [if role is fxp, both]
fn fxp_settings(configuration: &Configuration) -> fxp::Settings {
    fxp::Settings {
        quote_lifetime: configuration.quote_lifetime,
        final_word_after: configuration.final_word_after,
    }
}

// [end]
fn payer_settings(configuration: &Configuration) -> payer::Settings {
    payer::Settings {
        never_seen_after: configuration.never_seen_after,
        connector_answers_within: configuration.connector_timeout,
        // [if payer_steps is three_steps]
        payee_confirmed_within: configuration.payee_confirmed_within,
        // [end]
    }
}

fn patience(configuration: &Configuration) -> Patience {
    Patience {
        settles_after: configuration.cbs_settles_after,
        longest_call: configuration.cbs_timeout + longest_wait(configuration.cbs_timeout),
    }
}

fn schedule(configuration: &Configuration) -> Schedule {
    Schedule {
        first_pause: configuration.retry_first_pause,
        longest_pause: configuration.retry_longest_pause,
        max_attempts: configuration.retry_max_attempts,
    }
}
