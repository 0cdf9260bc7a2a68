//! The core banking system, over its REST API. **This is the part to fill in.**
//!
//! As generated it speaks the REST API of the sandbox bank, so that everything
//! works before the first line is changed. Go through the files in this order;
//! each method says what to replace and what the bank has to guarantee.

mod customers;

mod payee_credits;
mod payer_debits;

// [if funding_model is not deposit_withdraw]
mod liquidity;

// [end]
// [if fees is cbs]
mod pricing;

// [end]
// [if use_cases has request_to_pay]
mod one_time_passwords;

// [end]
// [if role is fxp, both]
mod conversions;
mod rates;

// [end]
mod bookings;

mod postings;

// [if cbs_auth is not none]
pub mod authentication;

// [end]
mod answers;
mod calls;

use std::time::Duration;

use reqwest::Url;

use super::port::CoreBankingSystem;

/// Where the core banking system is, and how it is talked to.
#[derive(Debug, Clone)]
pub struct Settings {
    pub base_url: Url,
    // [if cbs_auth is not none]
    /// Who the connector is to the bank.
    pub authentication: authentication::Settings,
    // [end]
    /// How long one request may take, connecting included.
    pub timeout: Duration,
    pub max_idle_connections: usize,
}

/// The client of the core banking system.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    // [if cbs_auth is oauth2]
    access_tokens: authentication::AccessTokens,
    // [end]
    settings: Settings,
}

impl Client {
    pub fn new(settings: Settings) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(settings.timeout)
            .pool_max_idle_per_host(settings.max_idle_connections)
            // An instruction is never sent twice behind the connector's back.
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        // [if cbs_auth is mtls]
        let http = settings.authentication.equip(http);
        // [end]
        Ok(Self {
            // [if cbs_auth is oauth2]
            access_tokens: authentication::AccessTokens::of(
                &settings.base_url,
                &settings.authentication,
                settings.timeout,
            )?,
            // [end]
            http: http.build()?,
            settings,
        })
    }
}

impl CoreBankingSystem for Client {}
