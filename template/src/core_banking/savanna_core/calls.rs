//! Calls over HTTP: questions and instructions.

use std::error::Error;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Client,
    answers::{BankAnswer, failure, parsed, refusal, said_by_the_bank},
};
use crate::{
    core_banking::port::{BankError, BookingId},
    remote::trace,
};

/// An answer that is longer is not one of the bank's.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

#[derive(Deserialize)]
struct BookingAnswer {
    booking_id: String,
}

impl Client {
    /// Asks a question. A 404 with the bank's own word for it means that there
    /// is no such thing; another one comes from something in between.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        path: &[&str],
        nothing: &str,
    ) -> Result<Option<T>, BankError> {
        let request = self.request(Method::GET, path, &[])?;
        let (status, body) = self.send(request).await?;
        match status {
            StatusCode::NOT_FOUND if said_by_the_bank(&body, nothing) => Ok(None),
            status if status.is_success() => parsed(&body).map(Some),
            status => Err(failure(status, &body)),
        }
    }

    /// Asks for what agrees with a query. There may be nothing, which the answer
    /// says.
    pub async fn search<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, BankError> {
        let request = self.request(Method::GET, path, query)?;
        let (status, body) = self.send(request).await?;
        match status {
            status if status.is_success() => parsed(&body),
            status => Err(failure(status, &body)),
        }
    }

    /// Gives an instruction that makes a booking.
    pub async fn book<T: Serialize + Sync>(
        &self,
        path: &[&str],
        body: &T,
    ) -> Result<BookingId, BankError> {
        let answer: BookingAnswer = self.instruct(path, body).await?;
        Ok(answer.booking_id)
    }

    /// Gives an instruction. 422 in the bank's own words means that the bank
    /// refused it and has not acted; of every other failure that is not certain.
    pub async fn instruct<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &(impl Serialize + Sync),
    ) -> Result<T, BankError> {
        let request = self.request(Method::POST, path, &[])?.json(body);
        let (status, body) = self.send(request).await?;
        match status {
            StatusCode::UNPROCESSABLE_ENTITY => {
                let answer: BankAnswer = parsed(&body)?;
                Err(BankError::Refused(refusal(&answer.reason)))
            }
            status if status.is_success() => parsed(&body),
            status => Err(failure(status, &body)),
        }
    }

    fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<RequestBuilder, BankError> {
        let mut url = self.settings.base_url.clone();
        // Segment by segment, so that an identifier cannot change the path.
        url.path_segments_mut()
            .map_err(|()| BankError::Unreachable("CBS_BASE_URL cannot have a path".to_owned()))?
            .pop_if_empty()
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.http.request(method, url);
        // What this call belongs to, for whoever traces it at the bank.
        for (name, value) in trace::headers() {
            request = request.header(name, value);
        }
        // [if cbs_auth is basic, api_key]
        let request = self.settings.authentication.sign(request);
        // [end]
        Ok(request)
    }

    async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), BankError> {
        // [if cbs_auth is oauth2]
        let request = self.access_tokens.authorize(request).await?;
        // [end]
        let mut answer = request.send().await.map_err(not_sent_or_not_answered)?;
        let status = answer.status();
        let mut body = Vec::new();
        loop {
            let chunk = answer.chunk().await;
            match chunk.map_err(|error| BankError::NoAnswer(reason(error)))? {
                None => return Ok((status, body)),
                Some(chunk) if body.len() + chunk.len() <= MAX_ANSWER_BYTES => {
                    body.extend_from_slice(&chunk);
                }
                Some(_) => return Err(BankError::NoAnswer("the answer is too long".to_owned())),
            }
        }
    }
}

fn not_sent_or_not_answered(error: reqwest::Error) -> BankError {
    if error.is_connect() || error.is_builder() {
        BankError::Unreachable(reason(error))
    } else {
        BankError::NoAnswer(reason(error))
    }
}

/// Why there is no answer. The URL stays out of it: it holds identifiers.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
