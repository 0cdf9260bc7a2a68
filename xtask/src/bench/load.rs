//! The load: a few connections that are kept open, on which one request follows
//! the other. It is as cheap as can be, since it shares the processors with what
//! it measures.

use std::{
    cell::Cell,
    net::{Ipv4Addr, SocketAddr},
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Builder,
    task::{JoinSet, LocalSet},
    time::timeout,
};

/// Longer than any answer takes that is not a defect.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came of a load.
pub struct Measured {
    pub took: Duration,
    /// How long each answer took, the shortest first.
    latencies: Vec<Duration>,
}

impl Measured {
    /// The answers that took no longer than this are this share of all.
    pub fn percentile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank among some ten thousands"
        )]
        let rank = (last as f64 * share).round() as usize;
        self.latencies.get(rank).copied().unwrap_or_default()
    }
}

/// Sends so many units of requests on so many connections, and waits for all
/// answers. `requests` makes those of a unit, which follow each other.
pub fn run(
    port: u16,
    connections: usize,
    units: u64,
    requests: impl Fn(u64) -> Vec<Vec<u8>> + 'static,
) -> Result<Measured> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let requests = Rc::new(requests);
    let next = Rc::new(Cell::new(0));
    LocalSet::new().block_on(&runtime, async {
        let mut running = JoinSet::new();
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(Connection::open(port).await?);
        }
        let started = Instant::now();
        for mut connection in open {
            let (requests, next) = (Rc::clone(&requests), Rc::clone(&next));
            running.spawn_local(async move {
                let mut latencies = Vec::new();
                loop {
                    let unit = next.get();
                    if unit == units {
                        return Ok::<_, anyhow::Error>(latencies);
                    }
                    next.set(unit + 1);
                    for request in requests(unit) {
                        let sent = Instant::now();
                        timeout(PATIENCE, connection.exchange(&request))
                            .await
                            .context("there is no answer")??;
                        latencies.push(sent.elapsed());
                    }
                }
            });
        }
        let mut latencies = Vec::new();
        while let Some(ended) = running.join_next().await {
            latencies.extend(ended??);
        }
        let took = started.elapsed();
        latencies.sort_unstable();
        Ok(Measured { took, latencies })
    })
}

struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(port: u16) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            answer: Vec::with_capacity(4096),
        })
    }

    /// Sends a request and reads its answer, which has to be a 200.
    async fn exchange(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.answer).await?;
            ensure!(read > 0, "the connection was closed");
            if is_complete(&self.answer)? {
                break;
            }
        }
        ensure!(
            self.answer.starts_with(b"HTTP/1.1 200"),
            "not served: {}",
            String::from_utf8_lossy(&self.answer)
        );
        Ok(())
    }
}

/// Whether an answer is there to its end.
fn is_complete(answer: &[u8]) -> Result<bool> {
    let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n") else {
        return Ok(false);
    };
    let head_text = std::str::from_utf8(&answer[..head])?;
    let length = head_text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>())
    });
    let length = length.context("the answer states no length")??;
    Ok(answer.len() >= head + 4 + length)
}

/// A request as it is sent.
pub fn request(method: &str, path: &str, body: &str) -> Vec<u8> {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn an_answer_is_complete_when_its_body_is() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert!(is_complete(answer).unwrap());
        for part in 0..answer.len() {
            assert!(!is_complete(&answer[..part]).unwrap_or(false), "{part}");
        }
    }

    #[test]
    fn a_percentile_is_the_latency_that_so_many_keep() {
        let measured = Measured {
            took: Duration::ZERO,
            latencies: (1..=101).map(Duration::from_millis).collect(),
        };
        assert_eq!(measured.percentile(0.5), Duration::from_millis(51));
        assert_eq!(measured.percentile(0.99), Duration::from_millis(100));
    }
}
