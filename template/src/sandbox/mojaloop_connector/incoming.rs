//! A payment to a customer of this connector's FSP: the simulator plays the
//! payer's FSP and the hub, and calls the backend API as the real Mojaloop
//! Connector does.

use actix_web::{
    http::StatusCode,
    rt,
    web::{Data, Json},
};
use futures_util::future::join_all;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    SimulatedMojaloopConnector,
    answer::Answer,
    backend::{Backend, Step},
    behaviour::MAX_NOTIFICATIONS,
    conversion_shapes::amount_of,
    identifiers::new_ulid,
    incoming_shapes::IncomingPayment,
    network::FxpLeg,
    settlement::Way,
    simulated_hub::{CurrentState, Direction, HubState, SimulatedTransfer},
};
use crate::domain::{
    amount::Amount, currency::Currency, quote::AmountType, timestamp::Timestamp,
    transfer_id::TransferId,
};

/// The FSP of payers who name none.
const PAYER_FSP: &str = "bluebank";

/// The payment that is to come in.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WantedPayment {
    id_type: String,
    id_value: String,
    id_sub_value: Option<String>,
    #[serde(default = "send")]
    amount_type: AmountType,
    amount: String,
    currency: Option<Currency>,
    /// What the hub decides. `RESERVED` is a hub that has not decided yet when
    /// it is asked, `NONE` is one whose decision is never heard of.
    #[serde(default = "committed")]
    final_state: HubState,
    /// How many times the decision is notified.
    #[serde(default = "once")]
    notifications: usize,
    /// Whether all notifications are sent at the same time.
    #[serde(default)]
    concurrent: bool,
    transfer_id: Option<TransferId>,
    payer_fsp_id: Option<String>,
}

fn send() -> AmountType {
    AmountType::Send
}

fn committed() -> HubState {
    HubState::Committed
}

fn once() -> usize {
    1
}

/// What became of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    transfer_id: String,
    quote_id: String,
    outcome: &'static str,
    steps: Vec<Step>,
}

pub(super) async fn post_incoming(
    simulator: Data<SimulatedMojaloopConnector>,
    backend: Data<Backend>,
    wanted: Json<WantedPayment>,
) -> Answer {
    if wanted.notifications > MAX_NOTIFICATIONS {
        return Answer::bad_request(format!(
            "at most {MAX_NOTIFICATIONS} notifications are sent"
        ));
    }
    // A payment that was begun goes on even if nobody waits for the report.
    let drive = rt::spawn(async move { drive(&simulator, &backend, wanted.into_inner()).await });
    match drive.await {
        Ok(report) => Answer::ok(json!(report)),
        Err(error) => Answer::refusal(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

async fn drive(
    simulator: &SimulatedMojaloopConnector,
    backend: &Backend,
    wanted: WantedPayment,
) -> Report {
    let settings = simulator.settings();
    let currency = wanted.currency.unwrap_or(settings.currency);
    let payment = IncomingPayment {
        transfer_id: match wanted.transfer_id {
            Some(id) => id.to_string(),
            None => new_ulid(),
        },
        quote_id: new_ulid(),
        payer_fsp: match wanted.payer_fsp_id {
            Some(fsp_id) => fsp_id,
            None => PAYER_FSP.to_owned(),
        },
        payee_fsp: settings.fsp_id.clone(),
        id_type: wanted.id_type,
        id_value: wanted.id_value,
        id_sub_value: wanted.id_sub_value,
        amount_type: wanted.amount_type,
        amount: wanted.amount,
        currency,
        initiated_at: Timestamp::now(),
    };
    let notifications = Notifications {
        final_state: wanted.final_state,
        number: wanted.notifications,
        concurrent: wanted.concurrent,
    };
    let mut steps = Vec::new();
    let outcome = pay(simulator, backend, &payment, notifications, &mut steps).await;
    Report {
        transfer_id: payment.transfer_id,
        quote_id: payment.quote_id,
        outcome,
        steps,
    }
}

struct Notifications {
    final_state: HubState,
    number: usize,
    concurrent: bool,
}

/// Takes the payment through its stages, up to the first final error.
async fn pay(
    simulator: &SimulatedMojaloopConnector,
    backend: &Backend,
    payment: &IncomingPayment,
    notifications: Notifications,
    steps: &mut Vec<Step>,
) -> &'static str {
    const REFUSED: &str = "REFUSED";

    let mut path = vec!["parties", &payment.id_type, &payment.id_value];
    path.extend(payment.id_sub_value.as_deref());
    let step = backend.call(Method::GET, &path, None).await;
    let Some(found) = answered(step, steps) else {
        return REFUSED;
    };

    let quote_request = payment.quote_request(&found);
    let step = backend
        .call(Method::POST, &["quoterequests"], Some(&quote_request))
        .await;
    let Some(quote) = answered(step, steps) else {
        return REFUSED;
    };
    let quote = IncomingPayment::kept_quote(&quote);

    simulator.remember_incoming(payment);
    let prepare = payment.prepare(&quote_request, &quote);
    let step = backend
        .call(Method::POST, &["transfers"], Some(&prepare))
        .await;
    // Any other state than RESERVED would leave the decision to a setting of
    // the Mojaloop Connector; this hub does not commit on that.
    let prepared = answered(step, steps).filter(|prepared| prepared["transferState"] == "RESERVED");
    let Some(prepared) = prepared else {
        simulator.finish(&payment.transfer_id, HubState::Aborted);
        return REFUSED;
    };

    if notifications.final_state == HubState::None {
        return HubState::None.as_str();
    }
    let hub_state = notifications.final_state;
    simulator.finish(&payment.transfer_id, hub_state);
    if hub_state == HubState::Committed {
        simulator.settle_incoming(payment, &quote);
    }
    let body = payment.notification(&quote_request, &quote, &prepare, &prepared, hub_state);
    let path = ["transfers", payment.transfer_id.as_str()];
    let deliveries = (0..notifications.number).map(|_| backend.notify(&path, &body));
    if notifications.concurrent {
        steps.extend(join_all(deliveries).await);
    } else {
        for delivery in deliveries {
            steps.push(delivery.await);
        }
    }
    hub_state.as_str()
}

/// Notes a step, and gives its answer if the payment can go on with it. An
/// empty answer makes the Mojaloop Connector send nothing to the hub.
fn answered(step: Step, steps: &mut Vec<Step>) -> Option<Value> {
    let answer = (step.succeeded() && step.body.is_object()).then(|| step.body.clone());
    steps.push(step);
    answer
}

impl SimulatedMojaloopConnector {
    pub(super) fn remember_incoming(&self, payment: &IncomingPayment) {
        self.remember_inbound(&payment.transfer_id, &payment.amount, payment.currency);
    }

    /// Remembers the transfer that a conversion is for.
    pub(super) fn remember_conversion(&self, leg: &FxpLeg) {
        let target = leg.target;
        let transfer_id = &leg.determining_transfer_id;
        self.remember_inbound(transfer_id, &target.to_string(), target.currency());
    }

    fn remember_inbound(&self, transfer_id: &str, amount: &str, currency: Currency) {
        self.state().hub.remember(SimulatedTransfer {
            transfer_id: transfer_id.to_owned(),
            direction: Direction::Inbound,
            hub_state: HubState::Reserved,
            current_state: CurrentState::Reserved,
            amount: amount.to_owned(),
            currency,
            accepts: 0,
            document: json!({}),
            payee_leg: None,
            conversion_home_id: Value::Null,
        });
    }

    pub(super) fn finish(&self, transfer_id: &str, hub_state: HubState) {
        if let Some(transfer) = self.state().hub.find_mut(transfer_id) {
            transfer.hub_state = hub_state;
            transfer.enter(CurrentState::after_notification(hub_state));
        }
    }

    /// What the payer's FSP then owes to this one. A quote without amounts that
    /// can be read moves nothing.
    fn settle_incoming(&self, payment: &IncomingPayment, quote: &Value) {
        let amount = quote["transferAmount"].as_str().unwrap_or_default();
        if let Ok(amount) = Amount::parse(amount, payment.currency) {
            let (from, to) = (&payment.payer_fsp, &payment.payee_fsp);
            self.state().positions.transfer(from, to, amount);
        }
        self.list_as_settled(payment, quote);
    }

    /// The hub lists it when it exports what it has settled.
    pub(super) fn list_as_settled(&self, payment: &IncomingPayment, quote: &Value) {
        let amount = quote["transferAmount"].as_str().unwrap_or_default();
        if let Ok(amount) = Amount::parse(amount, payment.currency) {
            let mut state = self.state();
            state
                .settlement
                .add(&payment.transfer_id, Way::Incoming, amount);
        }
    }

    /// The same, of a conversion, which has two amounts.
    pub(super) fn list_conversion_as_settled(&self, leg: &FxpLeg) {
        let mut state = self.state();
        if let Some(source) = amount_of(&leg.request["sourceAmount"]) {
            state
                .settlement
                .add(&leg.commit_request_id, Way::Incoming, source);
        }
        state
            .settlement
            .add(&leg.commit_request_id, Way::Outgoing, leg.target);
    }
}
