//! What the simulator answers, in the shapes of the real one.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::StatusCode};
use serde_json::{Value, json};

/// A status and perhaps a JSON body.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    body: Option<Value>,
}

impl Answer {
    pub(super) fn ok(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            body: Some(body),
        }
    }

    // [if use_cases has bulk]
    /// What comes of it is called back.
    pub(super) fn accepted() -> Self {
        Self {
            status: StatusCode::ACCEPTED,
            body: None,
        }
    }

    // [end]
    pub(super) fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            body: None,
        }
    }

    /// Nobody is there: what a proxy says in front of a dead service.
    pub(super) fn unavailable() -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            body: None,
        }
    }

    /// The request could not be taken at all, so that it has no state.
    pub(super) fn refusal(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            body: Some(json!({
                "message": message.into(),
                "statusCode": status.as_u16().to_string(),
            })),
        }
    }

    /// An error of the scheme that belongs to no transfer.
    pub(super) fn with_error(status: StatusCode, error_information: Value) -> Self {
        Self {
            status,
            body: Some(json!({ "errorInformation": error_information })),
        }
    }

    /// The request is not what the API describes.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::refusal(StatusCode::BAD_REQUEST, message)
    }

    /// The transfer failed, and nobody in the scheme said why: the outcome is unknown.
    pub(super) fn failure(status: StatusCode, message: &str, mut transfer_state: Value) -> Self {
        transfer_state["currentState"] = json!("ERROR_OCCURRED");
        transfer_state["lastError"] = json!({ "httpStatusCode": status.as_u16() });
        Self {
            status,
            body: Some(json!({
                "message": message,
                "transferState": transfer_state,
                "statusCode": status.as_u16().to_string(),
            })),
        }
    }

    /// The hub or the other participant refused the transfer with an error of
    /// the scheme. Its code, if it has one, becomes the status code.
    pub(super) fn mojaloop_error(
        message: impl Into<String>,
        error_information: Value,
        mut transfer_state: Value,
    ) -> Self {
        let status_code = error_information["errorCode"].as_str().unwrap_or("500");
        let status_code = json!(status_code);
        transfer_state["currentState"] = json!("ERROR_OCCURRED");
        transfer_state["lastError"] = json!({
            "httpStatusCode": 500,
            "mojaloopError": { "errorInformation": error_information },
        });
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            body: Some(json!({
                "message": message.into(),
                "transferState": transfer_state,
                "statusCode": status_code,
            })),
        }
    }
}

impl From<Answer> for HttpResponse {
    fn from(answer: Answer) -> Self {
        let mut response = HttpResponse::build(answer.status);
        match answer.body {
            Some(body) => response.json(body),
            None if answer.status == StatusCode::SERVICE_UNAVAILABLE => {
                response.force_close().finish()
            }
            None => response.finish(),
        }
    }
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.into()
    }
}
