//! Other simulated Mojaloop Connectors, each in front of a connector of its
//! own: together they are a scheme.

use std::time::Duration;

use actix_web::{
    http::StatusCode,
    rt,
    web::{Data, Json},
};
use reqwest::{Client, Method, Url};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error},
};
use serde_json::{Value, json};

use super::{
    SimulatedMojaloopConnector,
    answer::Answer,
    backend::{Backend, Step, read_answer},
    incoming_shapes::IncomingPayment,
    simulated_hub::HubState,
};
use crate::domain::{amount::Amount, timestamp::Timestamp};

/// A little longer than one call of a backend API may take.
const TIMEOUT: Duration = Duration::from_secs(70);

/// More participants than this are refused.
const MAX_PEERS: usize = 20;

/// Another participant of the scheme.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Peer {
    pub fsp_id: String,
    /// Where its simulated Mojaloop Connector is.
    #[serde(deserialize_with = "read_url")]
    pub url: Url,
    /// Whether it is an FXP.
    #[serde(default)]
    pub converts: bool,
}

impl Peer {
    /// Reads `greenbank=http://127.0.0.1:4011,goldenfx=http://127.0.0.1:4021`, and
    /// which of them are FXPs.
    pub fn list(peers: &str, fx_providers: &str) -> Result<Vec<Self>, String> {
        let mut converting: Vec<&str> = entries(fx_providers).collect();
        let mut list = Vec::new();
        for entry in entries(peers) {
            let (fsp_id, url) = entry
                .split_once('=')
                .ok_or_else(|| format!("{entry:?} is not fsp=url"))?;
            let url = url.parse().map_err(|error| format!("{entry:?}: {error}"))?;
            let converts = converting.contains(&fsp_id);
            converting.retain(|provider| *provider != fsp_id);
            list.push(Self {
                fsp_id: fsp_id.to_owned(),
                url,
                converts,
            });
        }
        if let Some(unknown) = converting.first() {
            return Err(format!("the FXP {unknown:?} is not among the peers"));
        }
        checked(list)
    }
}

fn read_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}

fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
}

fn checked(peers: Vec<Peer>) -> Result<Vec<Peer>, String> {
    if peers.len() > MAX_PEERS {
        return Err(format!("at most {MAX_PEERS} peers are known"));
    }
    match peers.iter().find(|peer| peer.url.cannot_be_a_base()) {
        Some(peer) => Err(format!("{} is not where a peer can be", peer.url)),
        None => Ok(peers),
    }
}

pub(super) async fn put_peers(
    simulator: Data<SimulatedMojaloopConnector>,
    peers: Json<Vec<Peer>>,
) -> Answer {
    match checked(peers.into_inner()) {
        Ok(peers) => {
            simulator.state().peers = peers;
            Answer::no_content()
        }
        Err(message) => Answer::bad_request(message),
    }
}

/// What another participant says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Heard<T> {
    Answered(T),
    /// With an error of the scheme.
    Refused {
        code: String,
        description: String,
    },
    /// Nothing, in time.
    Nothing,
}

impl<T> Heard<T> {
    pub(super) fn map<U>(self, into: impl FnOnce(T) -> U) -> Heard<U> {
        match self {
            Self::Answered(answer) => Heard::Answered(into(answer)),
            Self::Refused { code, description } => Heard::Refused { code, description },
            Self::Nothing => Heard::Nothing,
        }
    }
}

/// How the Mojaloop Connector passes on what its backend answered: what has no
/// code of the scheme becomes an internal error.
impl From<Step> for Heard<Value> {
    fn from(step: Step) -> Self {
        if step.succeeded() && step.body.is_object() {
            return Self::Answered(step.body);
        }
        let text = |name: &str| step.body[name].as_str().map(str::to_owned);
        Self::Refused {
            code: text("statusCode").unwrap_or_else(|| "2001".to_owned()),
            description: text("message").unwrap_or_else(|| "Internal server error".to_owned()),
        }
    }
}

/// A payment on its way to a payee, with what has been said about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PayeeLeg {
    pub payment: IncomingPayment,
    pub quote_request: Value,
    pub quote: Value,
    pub prepare: Value,
    pub prepared: Value,
}

/// A conversion on its way to an FXP.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FxpLeg {
    pub commit_request_id: String,
    pub determining_transfer_id: String,
    pub target: Amount,
    /// The body of `POST /fxTransfers`.
    pub request: Value,
    /// Whether the FXP has said that it has reserved.
    pub reserved: bool,
}

/// What one participant asks of another through the hub.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Message {
    Party {
        id_type: String,
        id_value: String,
        id_sub_value: Option<String>,
    },
    Quote {
        payment: IncomingPayment,
        party: Value,
    },
    Transfer(PayeeLeg),
    Final(PayeeLeg, HubState),
    FxQuote(Value),
    FxTransfer(FxpLeg),
    FxFinal(FxpLeg, HubState),
}

/// The way to the other participants.
#[derive(Clone)]
pub(super) struct Network {
    client: Client,
}

impl Network {
    pub(super) fn new() -> std::io::Result<Self> {
        let client = Client::builder()
            .timeout(TIMEOUT)
            .no_proxy()
            .build()
            .map_err(std::io::Error::other)?;
        Ok(Self { client })
    }

    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        peer: &Peer,
        message: &Message,
    ) -> Heard<T> {
        self.send(peer, message).await.unwrap_or(Heard::Nothing)
    }

    async fn send<T: DeserializeOwned>(&self, peer: &Peer, message: &Message) -> Option<Heard<T>> {
        let mut url = peer.url.clone();
        url.set_path("/simulator/messages");
        let request = self.client.request(Method::POST, url).json(message);
        let answer = read_answer(request.send().await.ok()?).await.ok()?;
        serde_json::from_value(answer).ok()
    }
}

/// Another participant asks something of this connector.
pub(super) async fn post_message(
    simulator: Data<SimulatedMojaloopConnector>,
    backend: Data<Backend>,
    message: Json<Message>,
) -> Answer {
    let work = rt::spawn(async move { answer(&simulator, &backend, message.into_inner()).await });
    match work.await {
        Ok(answer) => Answer::ok(answer),
        Err(error) => Answer::refusal(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

async fn answer(
    simulator: &SimulatedMojaloopConnector,
    backend: &Data<Backend>,
    message: Message,
) -> Value {
    match message {
        Message::Party {
            id_type,
            id_value,
            id_sub_value,
        } => {
            let mut path = vec!["parties", &id_type, &id_value];
            path.extend(id_sub_value.as_deref());
            let step = backend.call(Method::GET, &path, None).await;
            json!(Heard::from(step))
        }
        Message::Quote { payment, party } => {
            let quote_request = payment.quote_request(&party);
            let step = backend
                .call(Method::POST, &["quoterequests"], Some(&quote_request))
                .await;
            json!(Heard::from(step).map(|quote| PayeeLeg {
                quote: IncomingPayment::kept_quote(&quote),
                payment,
                quote_request,
                prepare: Value::Null,
                prepared: Value::Null,
            }))
        }
        Message::Transfer(mut leg) => {
            simulator.remember_incoming(&leg.payment);
            leg.prepare = leg.payment.prepare(&leg.quote_request, &leg.quote);
            let step = backend
                .call(Method::POST, &["transfers"], Some(&leg.prepare))
                .await;
            json!(
                reserved(Heard::from(step), "transferState").map(|prepared| {
                    leg.prepared = prepared;
                    leg
                })
            )
        }
        Message::Final(leg, hub_state) => {
            simulator.finish(&leg.payment.transfer_id, hub_state);
            if hub_state == HubState::Committed {
                simulator.list_as_settled(&leg.payment, &leg.quote);
            }
            // Who refused, or was never heard, is not told.
            if leg.prepared.is_object() {
                let body = leg.payment.notification(
                    &leg.quote_request,
                    &leg.quote,
                    &leg.prepare,
                    &leg.prepared,
                    hub_state,
                );
                let path = vec!["transfers".to_owned(), leg.payment.transfer_id];
                simulator.notify_as_often_as_told(backend.clone(), path, body);
            }
            Value::Null
        }
        Message::FxQuote(request) => {
            let step = backend
                .call(Method::POST, &["fxQuotes"], Some(&request))
                .await;
            json!(Heard::from(step))
        }
        Message::FxTransfer(leg) => {
            simulator.remember_conversion(&leg);
            let step = backend
                .call(Method::POST, &["fxTransfers"], Some(&leg.request))
                .await;
            json!(reserved(Heard::from(step), "conversionState"))
        }
        Message::FxFinal(leg, hub_state) => {
            simulator.finish(&leg.determining_transfer_id, hub_state);
            if hub_state == HubState::Committed {
                simulator.list_conversion_as_settled(&leg);
            }
            if leg.reserved {
                let path = vec!["fxTransfers".to_owned(), leg.commit_request_id];
                let body = conversion_notification(hub_state);
                simulator.notify_as_often_as_told(backend.clone(), path, body);
            }
            Value::Null
        }
    }
}

/// The body of the final notification of a conversion.
pub(super) fn conversion_notification(hub_state: HubState) -> Value {
    json!({
        "conversionState": hub_state.as_str(),
        "completedTimestamp": Timestamp::now(),
    })
}

/// This hub goes on only with what has been reserved.
fn reserved(heard: Heard<Value>, state: &str) -> Heard<Value> {
    match heard {
        Heard::Answered(answer) if answer[state] != "RESERVED" => Heard::Refused {
            code: "2001".to_owned(),
            description: "not reserved".to_owned(),
        },
        heard => heard,
    }
}

impl SimulatedMojaloopConnector {
    /// Notifies the connector, while the hub goes on.
    fn notify_as_often_as_told(&self, backend: Data<Backend>, path: Vec<String>, body: Value) {
        let times = self.state().behaviour.final_notifications;
        rt::spawn(async move {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            for _ in 0..times {
                backend.notify(&path, &body).await;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_peers_and_which_of_them_convert() {
        let peers = Peer::list(
            "greenbank=http://127.0.0.1:4011, goldenfx=http://127.0.0.1:4021",
            "goldenfx",
        )
        .unwrap();
        let read: Vec<_> = peers
            .iter()
            .map(|peer| (peer.fsp_id.as_str(), peer.url.port(), peer.converts))
            .collect();
        let expected = [
            ("greenbank", Some(4011), false),
            ("goldenfx", Some(4021), true),
        ];
        assert_eq!(read, expected);
        assert!(Peer::list("", "").unwrap().is_empty());
        for (peers, fx_providers) in [
            ("greenbank", ""),
            ("greenbank=here", ""),
            ("greenbank=mailto:somebody", ""),
            ("greenbank=http://127.0.0.1:4011", "goldenfx"),
        ] {
            assert!(Peer::list(peers, fx_providers).is_err(), "{peers}");
        }
    }
}
