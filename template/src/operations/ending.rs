//! How the process ends: it finishes what it has begun, and is gone in time
//! whatever hangs.

use std::{io, time::Duration};

use tokio::time::timeout;

use crate::mojaloop::tasks::Tasks;

/// Waits until the process is told to end: by an orchestrator (SIGTERM), or by
/// somebody at the terminal (Ctrl-C).
pub async fn told_to_end() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminated.recv() => Ok(()),
            interrupted = tokio::signal::ctrl_c() => interrupted,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// Begins nothing that can be left to the next process, and waits until the
/// servers are closed and everything that was begun is finished. What takes
/// longer is left where it is: its intent is in the journal, and the next
/// process goes on with it. Told to end once more, it does not wait either.
pub async fn end(tasks: &Tasks, within: Duration, closed: impl Future<Output = ()>) {
    tracing::info!(
        in_progress = tasks.in_progress(),
        within_ms = within.as_millis(),
        "the connector ends: it finishes what is in progress"
    );
    tasks.begin_to_end();
    let finished = timeout(within, async {
        closed.await;
        tasks.are_done().await;
    });
    let is_finished = tokio::select! {
        finished = finished => finished.is_ok(),
        Ok(()) = told_to_end() => false,
    };
    if is_finished {
        tracing::info!("the connector has ended, nothing was in progress any more");
    } else {
        tracing::warn!(
            in_progress = tasks.in_progress(),
            "the connector ends before everything is finished: \
             the next start goes on with it from the journal"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::{future, time::Instant};

    use tokio::runtime::Handle;

    use super::*;

    const A_MOMENT: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn the_end_waits_for_nothing_but_what_is_in_progress() {
        let tasks = Tasks::new(Handle::current());
        let started = Instant::now();
        end(&tasks, LONG, future::ready(())).await;
        assert!(started.elapsed() < LONG / 2);
        assert!(tasks.are_ending());
    }

    #[tokio::test]
    async fn the_end_comes_in_time_whatever_hangs() {
        let tasks = Tasks::new(Handle::current());
        let hanging = tasks.clone();
        tokio::spawn(async move { hanging.run(future::pending::<Result<(), _>>()).await });
        tokio::task::yield_now().await;
        let started = Instant::now();
        end(&tasks, A_MOMENT, future::ready(())).await;
        assert!((A_MOMENT..LONG).contains(&started.elapsed()));
        assert_eq!(tasks.in_progress(), 1);

        end(&tasks, A_MOMENT, future::pending()).await;
    }
}
