//! A simulated Mojaloop Connector with a hub and the other participants
//! behind it, for development and tests.
//!
//! It serves the outbound API that this connector calls to pay, plays the
//! payee's FSP of those payments, and on `POST /simulator/incoming` plays a
//! payer: it then calls this connector's backend API as the real one does,
//! retries included. `PUT /simulator/behaviour` makes it misbehave.
//!
//! Several of them, each in front of a connector of its own, are a scheme if
//! they know each other (`PUT /simulator/peers`): payees and FXPs are then those
//! of the other connectors, and `GET /simulator/positions` says what the
//! participants owe each other for the payments that began here. What the hub has
//! settled for this participant is a file (`GET /simulator/settlement`).
//!
//! Its messages have the fields, the nesting and the types of the real ones,
//! the odd ones included. What only other participants read is made up: the
//! ILP packet, the condition and the fulfilment are opaque text here.

mod accounts;
mod answer;
mod backend;
mod behaviour;
// [if use_cases has bulk]
pub mod bulk_transactions;
// [end]
mod control;
pub mod conversion;
mod conversion_shapes;
mod exchange;
mod identifiers;
mod incoming;
mod incoming_shapes;
mod network;
mod outbound;
mod outbound_shapes;
mod parties;
mod payment;
mod positions;
// [if use_cases has request_to_pay]
mod requests_to_pay;
// [end]
mod settlement;
mod settling;
mod simulated_hub;
mod transfer_request;

use std::{
    net::TcpListener,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::Server,
    error::{InternalError, JsonPayloadError},
    http::StatusCode,
    web,
};

use self::{
    answer::Answer, backend::Backend, behaviour::Behaviour, network::Network, positions::Positions,
    settlement::Settlement, simulated_hub::SimulatedHub,
};
use crate::{domain::currency::Currency, mojaloop::turns::Turns};

pub use self::network::Peer;

/// Longer request bodies are refused.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// What the simulator stands between.
#[derive(Debug, Clone)]
pub struct SimulatorSettings {
    /// Where this connector serves its backend API.
    pub backend_base_url: String,
    /// The FSP that this connector belongs to.
    pub fsp_id: String,
    /// The currency of incoming payments that do not name one.
    pub currency: Currency,
    /// The other participants, until others are told of; made-up ones if there are none.
    pub peers: Vec<Peer>,
}

/// The simulated Mojaloop Connector; clones share one state.
#[derive(Clone)]
pub struct SimulatedMojaloopConnector {
    settings: Arc<SimulatorSettings>,
    state: Arc<Mutex<State>>,
    turns: Turns,
}

/// Everything that changes.
#[derive(Default)]
struct State {
    behaviour: Behaviour,
    hub: SimulatedHub,
    positions: Positions,
    settlement: Settlement,
    peers: Vec<Peer>,
}

impl SimulatedMojaloopConnector {
    pub fn new(settings: SimulatorSettings) -> Self {
        let state = State {
            peers: settings.peers.clone(),
            ..State::default()
        };
        Self {
            settings: Arc::new(settings),
            state: Arc::new(Mutex::new(state)),
            turns: Turns::default(),
        }
    }

    fn settings(&self) -> &SimulatorSettings {
        &self.settings
    }

    /// The state, for a moment: the guard is never held while waiting.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves the simulator on a listening socket. The caller awaits the server,
/// and stops it by its handle.
pub fn serve(
    simulator: SimulatedMojaloopConnector,
    listener: TcpListener,
) -> std::io::Result<Server> {
    let backend = Backend::new(&simulator.settings().backend_base_url)?;
    // [if use_cases has request_to_pay]
    let requests_to_pay = web::Data::new(requests_to_pay::RequestsToPay::default());
    // [end]
    let network = Network::new()?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(simulator.clone()))
            .app_data(web::Data::new(network.clone()))
            // [if use_cases has request_to_pay]
            .app_data(requests_to_pay.clone())
            .configure(requests_to_pay::routes)
            // [end]
            .app_data(web::Data::new(backend.clone()))
            .app_data(json_bodies())
            .configure(routes)
            .default_service(web::to(not_found))
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(1)
    .listen(listener)?
    .run();
    Ok(server)
}

fn routes(configuration: &mut web::ServiceConfig) {
    configuration
        .route("/", web::get().to(HttpResponse::Ok))
        // [if use_cases has bulk]
        .configure(bulk_transactions::routes)
        // [end]
        .route("/transfers", web::post().to(outbound::post_transfer))
        .route("/transfers/{id}", web::put().to(outbound::put_transfer))
        .route("/transfers/{id}", web::get().to(outbound::get_transfer))
        .route("/parties/{type}/{value}", web::get().to(parties::get_party))
        .route(
            "/parties/{type}/{value}/{sub_value}",
            web::get().to(parties::get_sub_party),
        )
        .route("/accounts", web::post().to(accounts::post_accounts))
        .route(
            "/accounts/{type}/{value}",
            web::delete().to(accounts::delete_account),
        )
        .route(
            "/accounts/{type}/{value}/{sub_value}",
            web::delete().to(accounts::delete_sub_account),
        )
        .route(
            "/simulator/incoming",
            web::post().to(incoming::post_incoming),
        )
        .route(
            "/simulator/behaviour",
            web::put().to(control::put_behaviour),
        )
        .route(
            "/simulator/behaviour",
            web::delete().to(control::delete_behaviour),
        )
        .route("/simulator/peers", web::put().to(network::put_peers))
        .route("/simulator/messages", web::post().to(network::post_message))
        .route(
            "/simulator/positions",
            web::get().to(control::get_positions),
        )
        .route(
            "/simulator/transfers",
            web::get().to(control::get_transfers),
        )
        .route(
            "/simulator/settlement",
            web::get().to(settlement::get_settlement),
        );
}

async fn not_found(request: HttpRequest) -> Answer {
    let message = format!(
        "nothing is served at {} {}",
        request.method(),
        request.path()
    );
    Answer::refusal(StatusCode::NOT_FOUND, message)
}

fn json_bodies() -> web::JsonConfig {
    web::JsonConfig::default()
        .limit(MAX_BODY_BYTES)
        .content_type_required(false)
        .content_type(|_| true)
        .error_handler(|error, _| {
            let status = match error {
                JsonPayloadError::Overflow { .. }
                | JsonPayloadError::OverflowKnownLength { .. } => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::BAD_REQUEST,
            };
            let response = Answer::refusal(status, error.to_string()).into();
            InternalError::from_response(error, response).into()
        })
}

#[cfg(test)]
mod tests;
