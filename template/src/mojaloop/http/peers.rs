//! From where the backend API may be called.
//!
//! The Mojaloop Connector shows nothing of itself when it calls: no key and no
//! certificate. So its address is all that can be looked at.

use std::net::IpAddr;

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode},
    middleware::Next,
    web::Data,
};
use ipnet::IpNet;

use super::error_response;
use crate::{
    domain::error::{ErrorCode, PaymentError},
    environment::Variables,
};

const NAME: &str = "BACKEND_API_ALLOWED_PEERS";

const MAX_NETWORKS: usize = 100;

/// The addresses that may call; none stated: all.
#[derive(Debug, Clone, Default)]
pub struct AllowedPeers(Vec<IpNet>);

impl AllowedPeers {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        let text = variables.text_or(NAME, "");
        let entries = text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        let networks: Option<Vec<IpNet>> = entries.map(network).collect();
        // What was to be a list and has come out empty must not mean everybody.
        let is_meant = |networks: &Vec<IpNet>| {
            networks.len() <= MAX_NETWORKS && networks.is_empty() == text.trim().is_empty()
        };
        let networks = networks.filter(is_meant);
        if networks.is_none() {
            variables.problem(
                NAME,
                "is not a list of addresses or networks such as 192.0.2.7,10.0.0.0/8",
            );
        }
        networks.map(Self)
    }

    /// Whether anybody may call.
    pub fn are_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether somebody at this address may call.
    pub fn allow(&self, address: Option<IpAddr>) -> bool {
        let is_in = |address: IpAddr| {
            // An IPv4 address that has arrived at an IPv6 port.
            let address = address.to_canonical();
            self.0.iter().any(|network| network.contains(&address))
        };
        self.are_all() || address.is_some_and(is_in)
    }
}

fn network(text: &str) -> Option<IpNet> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).ok()
}

/// Refuses whoever calls from elsewhere, but for the questions whether this
/// process lives and is ready, which orchestrators ask.
pub async fn let_in_allowed_peers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_probe =
        request.method() == Method::GET && matches!(request.path(), "/health" | "/ready");
    let address = request.peer_addr().map(|address| address.ip());
    let allowed = request.app_data::<Data<AllowedPeers>>();
    if is_probe || allowed.is_none_or(|allowed| allowed.allow(address)) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let error = PaymentError::new(ErrorCode::Unsupported, "the caller is not allowed")
        .with_detail(format!("{NAME} does not name its address"));
    let response = error_response(StatusCode::FORBIDDEN, &error);
    Ok(request.into_response(response))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<AllowedPeers> {
        let lookup = |name: &str| (name == NAME).then(|| text.to_owned());
        AllowedPeers::read(&mut Variables::of(&lookup))
    }

    fn allows(text: &str, address: &str) -> bool {
        read(text).unwrap().allow(Some(address.parse().unwrap()))
    }

    #[test]
    fn only_who_is_named_is_let_in_if_anybody_is() {
        assert!(allows("", "192.0.2.7"));
        assert!(allows("192.0.2.7", "192.0.2.7"));
        assert!(!allows("192.0.2.7", "192.0.2.8"));
        assert!(allows("198.51.100.1, 192.0.2.0/24", "192.0.2.8"));
        assert!(allows("192.0.2.0/24", "::ffff:192.0.2.8"));
        assert!(allows("2001:db8::/32", "2001:db8::1"));
        assert!(!read("192.0.2.7").unwrap().allow(None));
    }

    #[test]
    fn what_is_no_address_is_a_problem() {
        for wrong in ["sdk", "192.0.2.0/33", "192.0.2", ","] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }
}
