//! The errors that an operation answers, each with the one body.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses, ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder},
};

use crate::mojaloop::http::ErrorBody;

type Responses = BTreeMap<String, RefOr<Response>>;

const REFUSED: (&str, &str) = ("400", "It is refused. The same request would be, again.");
const UNKNOWN: (&str, &str) = ("404", "There is nothing with this identifier.");
const FAILED: (&str, &str) = ("500", "It failed, or what became of it is not known.");

/// Of every operation but those that say whether this process lives.
pub const FULL: (&str, &str) = (
    "503",
    "Too much is being done. Nothing was done about this request, it may be sent again.",
);

/// Of every operation that asks who calls.
const NOT_KNOWN: (&str, &str) = ("401", "The caller is not known.");

const TOO_OFTEN: (&str, &str) = (
    "429",
    "This channel asks too often: `Retry-After` says for how many seconds to wait. Nothing was done.",
);

pub fn of_callers() -> Responses {
    with_error_body([NOT_KNOWN, TOO_OFTEN])
}

/// Of most operations.
pub struct Errors;

impl IntoResponses for Errors {
    fn responses() -> Responses {
        with_error_body([REFUSED, FAILED, FULL])
    }
}

/// Of operations on something that has to be there.
pub struct ErrorsOrUnknown;

impl IntoResponses for ErrorsOrUnknown {
    fn responses() -> Responses {
        with_error_body([REFUSED, UNKNOWN, FAILED, FULL])
    }
}

/// Of operations that this connector does not serve.
pub struct OnlyRefused;

impl IntoResponses for OnlyRefused {
    fn responses() -> Responses {
        with_error_body([REFUSED, FULL])
    }
}

/// The statuses with what they mean.
pub fn with_error_body<'a>(
    errors: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, RefOr<Response>> {
    let body = Ref::from_schema_name(ErrorBody::name());
    let content = ContentBuilder::new().schema(Some(body)).build();
    let response = |description| {
        ResponseBuilder::new()
            .description(description)
            .content("application/json", content.clone())
            .build()
    };
    errors
        .into_iter()
        .map(|(status, description)| (status.to_owned(), response(description).into()))
        .collect()
}
