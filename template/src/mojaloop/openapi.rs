//! The documents of both APIs, which are made from the code: each handler
//! states its operation, each body its schema.

pub mod errors;
#[macro_use]
pub mod words;
#[cfg(test)]
pub mod yaml;

use actix_web::{
    HttpResponse,
    http::header::ContentType,
    web::{self, Data},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ComponentsBuilder, Info, OpenApi, OpenApiBuilder},
};

use self::words::{CorrelationId, IdTypeName, IdValue};
use super::http::ErrorBody;

/// The document of an API, from those of its handlers.
pub fn document(
    title: &str,
    description: &str,
    parts: impl IntoIterator<Item = OpenApi>,
) -> OpenApi {
    let mut info = Info::new(title, env!("CARGO_PKG_VERSION"));
    info.description = Some(description.to_owned());
    // Those of errors and of paths, which do not bring their schemas along.
    let of_all = ComponentsBuilder::new()
        .schema(ErrorBody::name(), ErrorBody::schema())
        .schema(CorrelationId::name(), CorrelationId::schema())
        .schema(IdTypeName::name(), IdTypeName::schema())
        .schema(IdValue::name(), IdValue::schema());
    let empty = OpenApiBuilder::new()
        .info(info)
        .components(Some(of_all.build()))
        .build();
    let own = <Operations as utoipa::OpenApi>::openapi();
    let parts = [own].into_iter().chain(parts);
    parts.fold(empty, OpenApi::merge_from)
}

/// A document as it is served.
#[derive(Clone)]
pub struct RenderedDocument(web::Bytes);

impl RenderedDocument {
    pub fn of(document: &OpenApi) -> Self {
        // Texts and lists of texts: there is nothing in it that JSON cannot say.
        Self(document.to_json().unwrap_or_default().into())
    }
}

/// This document
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "document",
    responses((status = 200, body = Object, description = "The document of this API.")),
)]
pub async fn this_document(document: Data<RenderedDocument>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(document.0.clone())
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(this_document))]
struct Operations;

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use crate::mojaloop::{backend_api, dfsp_api};

    #[test]
    fn the_documents_in_this_repository_are_those_of_the_code() {
        for (file, text) in [
            ("openapi/backend-api.yaml", backend_api::written::text()),
            ("openapi/dfsp-api.yaml", dfsp_api::written::text()),
        ] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            if env::var_os("WRITE_OPENAPI").is_some() {
                fs::write(&path, &text).unwrap();
            }
            let is_up_to_date = fs::read_to_string(&path).is_ok_and(|written| written == text);
            assert!(
                is_up_to_date,
                "{file} is out of date: `WRITE_OPENAPI=1 cargo test --lib openapi` writes it anew"
            );
        }
    }
}
