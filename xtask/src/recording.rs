//! A stand-in for the Mojaloop Connector that notes what it is asked, and
//! answers what a test tells it to.

use std::{
    io::{BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use anyhow::Result;
use serde_json::Value;

use crate::http::{Answer, read_body, read_head};

/// A connection that nothing more comes on is closed after this.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// A request as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRequest {
    pub method: String,
    pub path: String,
    /// Null if there was none.
    pub body: Value,
}

type Answering = dyn Fn(&RecordedRequest) -> Answer + Send + Sync;

/// The server; it serves until the test's process ends.
#[derive(Clone)]
pub struct RecordingServer {
    port: u16,
    requests: Arc<Mutex<Vec<RecordedRequest>>>,
    answer: Arc<Answering>,
}

impl RecordingServer {
    pub fn start(
        answer: impl Fn(&RecordedRequest) -> Answer + Send + Sync + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let server = Self {
            port: listener.local_addr()?.port(),
            requests: Arc::default(),
            answer: Arc::new(answer),
        };
        let serving = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                // An error here is a connection that broke.
                thread::spawn(move || serving.serve(stream));
            }
        });
        Ok(server)
    }

    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Everything that was asked so far.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RecordedRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut stream: TcpStream) -> Result<()> {
        stream.set_read_timeout(Some(IDLE_TIMEOUT))?;
        let mut reader = BufReader::new(stream.try_clone()?);
        loop {
            let (first_line, headers) = read_head(&mut reader)?;
            let body = read_body(&mut reader, &headers)?;
            let mut words = first_line.split(' ').map(str::to_owned);
            let request = RecordedRequest {
                method: words.next().unwrap_or_default(),
                path: words.next().unwrap_or_default(),
                body: serde_json::from_str(&body).unwrap_or_default(),
            };
            self.lock().push(request.clone());
            let Answer { status, text } = (self.answer)(&request);
            let length = text.len();
            let answer = format!(
                "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{text}"
            );
            stream.write_all(answer.as_bytes())?;
        }
    }
}
