//! What a scrape finds out, within bounds: nobody who scrapes often makes work
//! for the bank or the journal.

use std::{fmt, sync::Arc, time::Duration};

use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::Metrics;
use crate::{
    core_banking::{funding::Funding, level::Level},
    environment::currencies::Currencies,
    journal::{
        Database,
        inspection::{Inspection, Overview},
    },
    mojaloop::{admission::Admission, readiness::Readiness, tasks::Tasks},
    remote::Remote,
};

/// However often somebody scrapes, payments are not counted more often.
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// Nobody who scrapes waits longer for the journal, or for the bank. A scrape of
/// Prometheus takes 10 s at the most.
const LONGEST_LOOK: Duration = Duration::from_secs(7);

/// What is looked at.
pub struct Sources {
    pub readiness: Readiness,
    pub tasks: Tasks,
    pub bank: Remote,
    pub connector: Remote,
    pub backend_api: Admission,
    pub dfsp_api: Admission,
    /// Looked into beside the connector, so that its own reads do not wait.
    pub database: Option<Database>,
    pub funding: Funding,
    pub currencies: Currencies,
    /// However often somebody scrapes, the bank is not asked more often.
    pub ask_bank_every: Duration,
}

/// What is found out at a scrape.
pub struct Scrape {
    metrics: Arc<Metrics>,
    sources: Sources,
    /// One scrape at a time.
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    inspection: Option<Arc<dyn Inspection>>,
    overview: Option<(Instant, Option<Overview>)>,
    levels: Option<(Instant, Vec<Level>)>,
}

impl fmt::Debug for Scrape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Scrape")
    }
}

impl Scrape {
    pub fn new(metrics: Arc<Metrics>, sources: Sources) -> Self {
        Self {
            metrics,
            sources,
            found: Mutex::default(),
        }
    }

    pub fn readiness(&self) -> &Readiness {
        &self.sources.readiness
    }

    /// All metrics as they are now, in the text format of OpenMetrics.
    pub async fn text(&self) -> Result<String, fmt::Error> {
        let mut found = self.found.lock().await;
        let sources = &self.sources;
        let Found {
            inspection,
            overview,
            levels,
        } = &mut *found;
        // Side by side, so that one that hangs does not hold up the others.
        let ((), (), findings) = tokio::join!(
            count(overview, inspection, sources.database.as_ref()),
            ask_bank(levels, sources),
            sources.readiness.find_out(),
        );
        let states = &self.metrics.states;
        states.show_process(findings, sources.tasks.in_progress());
        let overview = overview.as_ref();
        states.show_payments(overview.and_then(|(_, overview)| overview.as_ref()));
        let levels = levels.as_ref();
        states.show_funding(levels.map_or(&[], |(_, levels)| levels.as_slice()));
        states.show_remote("core banking system", &sources.bank);
        states.show_remote("mojaloop connector", &sources.connector);
        states.show_admission("backend", &sources.backend_api);
        states.show_admission("dfsp", &sources.dfsp_api);
        self.metrics.written()
    }
}

/// Counts the payments that wait, unless that was done a moment ago.
async fn count(
    overview: &mut Option<(Instant, Option<Overview>)>,
    inspection: &mut Option<Arc<dyn Inspection>>,
    database: Option<&Database>,
) {
    if is_young(overview.as_ref(), COUNT_EVERY) {
        return;
    }
    let counted = timeout(LONGEST_LOOK, async {
        let inspection = match (&mut *inspection, database) {
            (Some(inspection), _) => inspection,
            (none, Some(database)) => none.insert(database.clone().inspect().await?),
            (None, None) => return Ok(None),
        };
        inspection.overview().await.map(Some)
    });
    let counted = match counted.await {
        Ok(Ok(counted)) => counted,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the payments that wait cannot be counted");
            None
        }
        Err(_) => {
            tracing::warn!("the payments that wait cannot be counted in time");
            None
        }
    };
    *overview = Some((Instant::now(), counted));
}

/// Finds out how the funding stands, unless that was done a while ago.
async fn ask_bank(levels: &mut Option<(Instant, Vec<Level>)>, sources: &Sources) {
    if is_young(levels.as_ref(), sources.ask_bank_every) {
        return;
    }
    let asked = timeout(LONGEST_LOOK, async {
        let mut all = Vec::new();
        for currency in sources.currencies.all() {
            all.extend(sources.funding.levels(currency).await);
        }
        all
    });
    let found = asked.await.unwrap_or_else(|_| {
        // What was known before is not known any more.
        let (_, before) = levels.take().unwrap_or((Instant::now(), Vec::new()));
        let forgotten = before.into_iter().map(|level| Level {
            value: None,
            ..level
        });
        forgotten.collect()
    });
    *levels = Some((Instant::now(), found));
}

fn is_young<T>(found: Option<&(Instant, T)>, age: Duration) -> bool {
    found.is_some_and(|(at, _)| at.elapsed() < age)
}
