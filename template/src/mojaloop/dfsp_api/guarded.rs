//! What the document says of who may call: on each operation but those that are
//! open to all.

use utoipa::openapi::{
    OpenApi,
    path::Operation,
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
};

use crate::mojaloop::{http::guard::KEY_HEADER, openapi::errors};

const KEY: &str = "channel_key";
const TOKEN: &str = "channel_token";

/// Those of the operations that everybody may ask for.
const OPEN_TAGS: [&str; 2] = ["health", "document"];

/// The same document, or part of one, which asks who calls.
pub fn guarded(mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.delete,
        ];
        operations.into_iter().flatten().for_each(guard);
    }
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        KEY,
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
            KEY_HEADER,
            "DFSP_API_AUTHENTICATION=api_key, which is the default",
        ))),
    );
    let mut token = Http::new(HttpAuthScheme::Bearer);
    token.bearer_format = Some("JWT".to_owned());
    token.description = Some("DFSP_API_AUTHENTICATION=jwt".to_owned());
    components.add_security_scheme(TOKEN, SecurityScheme::Http(token));
    document
}

fn guard(operation: &mut Operation) {
    let is_open = operation
        .tags
        .iter()
        .flatten()
        .any(|tag| OPEN_TAGS.contains(&tag.as_str()));
    // One that asks by itself says so itself.
    if is_open || operation.responses.responses.contains_key("401") {
        return;
    }
    operation.responses.responses.extend(errors::of_callers());
    let no_scopes: [&str; 0] = [];
    operation.security = Some(vec![
        SecurityRequirement::new(KEY, no_scopes),
        SecurityRequirement::new(TOKEN, no_scopes),
    ]);
}
