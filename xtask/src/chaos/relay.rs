//! A place in the network where requests can be looked at, held up and lost.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::http::{read_body, read_head};

/// A connection that nothing more comes on is closed after this: later than the
/// connector's client gives it up.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// No partner takes longer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(70);

/// A request on its way.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// An answer on its way back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    content_type: String,
    body: String,
}

impl Request {
    /// The body, or null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The same with another body.
    pub fn with_json(&self, body: &Value) -> Self {
        Self {
            body: body.to_string(),
            ..self.clone()
        }
    }

    /// Delivers it to a port of this machine.
    pub fn deliver(&self, port: u16) -> Result<Reply> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)
            .with_context(|| format!("cannot connect to {address}"))?;
        stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        stream.set_nodelay(true)?;
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            if !matches!(name.as_str(), "content-length" | "connection") {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        let length = self.body.len();
        text.push_str("connection: close\r\n");
        text.push_str(&format!("content-length: {length}\r\n\r\n{}", self.body));
        stream.write_all(text.as_bytes())?;
        let mut reader = BufReader::new(stream);
        let (first_line, headers) = read_head(&mut reader)?;
        let status = first_line.split(' ').nth(1).unwrap_or_default();
        let status = status
            .parse()
            .with_context(|| format!("not a status line: {first_line:?}"))?;
        let content_type = headers.iter().find(|(name, _)| name == "content-type");
        Ok(Reply {
            status,
            content_type: content_type.map_or(String::new(), |(_, value)| value.clone()),
            body: read_body(&mut reader, &headers)?,
        })
    }
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            content_type: "application/json".to_owned(),
            body: body.to_string(),
        }
    }

    /// What something in between says that knows nothing of payments.
    pub fn of_gateway(status: u16) -> Self {
        Self {
            status,
            content_type: "text/html".to_owned(),
            body: "<html><body>gateway</body></html>".to_owned(),
        }
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Decides what becomes of a request. Without a reply, the connection is closed.
pub trait Route: Send + Sync + 'static {
    fn carry(&self, request: &Request) -> Option<Reply>;
}

/// Serves a port until the process ends.
pub fn serve(port: u16, route: Arc<impl Route>) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("cannot listen on {port}"))?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let route = Arc::clone(&route);
            // An error here is a connection that broke.
            thread::spawn(move || answer_all(stream, &*route));
        }
    });
    Ok(())
}

fn answer_all(mut stream: TcpStream, route: &impl Route) -> Result<()> {
    stream.set_read_timeout(Some(IDLE_TIMEOUT))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while !reader.fill_buf()?.is_empty() {
        let (first_line, headers) = read_head(&mut reader)?;
        let body = read_body(&mut reader, &headers)?;
        let mut words = first_line.split(' ').map(str::to_owned);
        let request = Request {
            method: words.next().unwrap_or_default(),
            path: words.next().unwrap_or_default(),
            headers,
            body,
        };
        let Some(reply) = route.carry(&request) else {
            break;
        };
        let length = reply.body.len();
        let text = format!(
            "HTTP/1.1 {} -\r\ncontent-type: {}\r\ncontent-length: {length}\r\n\r\n{}",
            reply.status, reply.content_type, reply.body
        );
        stream.write_all(text.as_bytes())?;
    }
    Ok(())
}

/// What is still on its way although nobody waits for it.
#[derive(Debug, Clone, Default)]
pub struct Stragglers {
    under_way: Arc<AtomicUsize>,
}

impl Stragglers {
    /// Does something later, whoever has gone meanwhile.
    pub fn later(&self, after: Duration, work: impl FnOnce() + Send + 'static) {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let under_way = Arc::clone(&self.under_way);
        thread::spawn(move || {
            thread::sleep(after);
            work();
            under_way.fetch_sub(1, Ordering::SeqCst);
        });
    }

    pub fn are_there(&self) -> bool {
        self.under_way.load(Ordering::SeqCst) > 0
    }
}
