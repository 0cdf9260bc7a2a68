//! Which requests are let in, and how long a body may take to arrive.

use std::{io, pin::Pin, time::Duration};

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::{Method, StatusCode},
    middleware::Next,
    web::{Bytes, Data},
};
use futures_util::{Stream, StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use super::error_response;
use crate::mojaloop::admission::{Admission, Concern};

/// How long a body may take to arrive, so that nobody keeps a place by sending
/// slowly. The longest one is a megabyte.
const LONGEST_ARRIVAL: Duration = Duration::from_secs(10);

/// Gives a request a place, or refuses it at once: 503, and nothing was done.
///
/// On the backend API too, although the Mojaloop Connector sends a 5xx again at
/// once, three times. It is the truth, which a 4xx would not be; a rush that has
/// passed by then costs no payment; and to refuse costs next to nothing, since
/// the body is not read.
pub async fn admit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let admission = request.app_data::<Data<Admission>>().cloned();
    // The path that decides which handler it is, with nothing encoded in it.
    let concern = concern_of(request.method(), request.match_info().as_str());
    let (Some(admission), Some(concern)) = (admission, concern) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    match admission.enter(concern).await {
        Ok(place) => {
            let served = place.serve(next.call(arriving_in_time(request)));
            Ok(served.await?.map_into_boxed_body())
        }
        Err(refused) => {
            let response = error_response(StatusCode::SERVICE_UNAVAILABLE, &refused);
            Ok(request.into_response(response))
        }
    }
}

/// What a request is about; nothing, if it is answered whatever else is being
/// done: whether this process lives and is ready, and its document.
fn concern_of(method: &Method, path: &str) -> Option<Concern> {
    let resource = path.split('/').nth(1).unwrap_or_default();
    match (method.as_str(), resource) {
        ("GET", "" | "health" | "ready" | "openapi.json") => None,
        ("GET", "parties" | "participants" | "otp") | ("POST" | "DELETE", _) => {
            Some(Concern::NewBusiness)
        }
        _ => Some(Concern::UnderWay),
    }
}

/// The same request, whose body breaks off if it takes too long.
fn arriving_in_time(request: ServiceRequest) -> ServiceRequest {
    let (request, payload) = request.into_parts();
    let payload = match payload {
        Payload::None => Payload::None,
        arriving => Payload::Stream {
            payload: in_time(arriving, Instant::now() + LONGEST_ARRIVAL),
        },
    };
    ServiceRequest::from_parts(request, payload)
}

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

fn in_time(
    arriving: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin + 'static,
    deadline: Instant,
) -> Chunks {
    Box::pin(stream::unfold(Some(arriving), move |arriving| async move {
        let mut arriving = arriving?;
        match timeout_at(deadline, arriving.next()).await {
            Ok(chunk) => Some((chunk?, Some(arriving))),
            Err(_) => {
                let too_slow = io::Error::from(io::ErrorKind::TimedOut);
                Some((Err(PayloadError::Io(too_slow)), None))
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_or_agreed_to_is_under_way() {
        for (method, path) in [
            (Method::PUT, "/transfers/t-1"),
            (Method::GET, "/transfers/t-1"),
            (Method::PUT, "/fxTransfers/c-1"),
            (Method::PATCH, "/fxTransfers/c-1"),
            (Method::PUT, "/bulkTransactions/b-1"),
            (Method::PUT, "/send-money/t-1"),
            (Method::PUT, "/requestToPay/r-1"),
        ] {
            let concern = concern_of(&method, path);
            assert_eq!(concern, Some(Concern::UnderWay), "{method} {path}");
        }
    }

    #[test]
    fn what_begins_something_is_new_business() {
        for (method, path) in [
            (Method::GET, "/parties/MSISDN/1"),
            (Method::GET, "/participants/MSISDN/1"),
            (Method::GET, "/otp/r-1"),
            (Method::POST, "/quoterequests"),
            (Method::POST, "/transfers"),
            (Method::POST, "/fxTransfers"),
            (Method::POST, "/bulkQuotes"),
            (Method::POST, "/send-money"),
            (Method::POST, "/accounts"),
            // [if payer_debit is push_approval]
            // Anybody can send one, and the bank is asked anyway.
            (Method::POST, "/approvals"),
            // [end]
            (Method::DELETE, "/accounts/MSISDN/1"),
        ] {
            let concern = concern_of(&method, path);
            assert_eq!(concern, Some(Concern::NewBusiness), "{method} {path}");
        }
    }

    #[test]
    fn whether_the_process_lives_is_answered_whatever_else_is_being_done() {
        for path in ["/", "/health", "/ready", "/openapi.json"] {
            assert_eq!(concern_of(&Method::GET, path), None, "{path}");
        }
    }

    #[actix_web::test]
    async fn a_body_that_takes_too_long_breaks_off() {
        let first = stream::iter([Ok(Bytes::from_static(b"{"))]);
        let never = first.chain(stream::pending());
        let deadline = Instant::now() + Duration::from_millis(20);
        let mut chunks = in_time(Box::pin(never), deadline);
        assert!(chunks.next().await.unwrap().is_ok());
        assert!(chunks.next().await.unwrap().is_err());
        assert!(chunks.next().await.is_none());
    }
}
