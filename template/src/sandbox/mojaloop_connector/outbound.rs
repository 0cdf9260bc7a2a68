//! The outbound API for payments: this connector is the payer's.

use std::time::Duration;

use actix_web::{HttpRequest, http::StatusCode, rt, web};
use serde_json::{Value, json};

use super::{
    SimulatedMojaloopConnector,
    answer::Answer,
    behaviour::{Fault, Misfortune, Operation},
    identifiers::{new_trace_id, new_ulid, trace_id_of},
    network::Network,
    outbound_shapes::{OutboundExchange, started},
    payment::{Decision, Payment, hub_refusal},
    simulated_hub::{CurrentState, Direction, HubState, SimulatedTransfer},
    transfer_request::TransferRequest,
};
/// How long a request is left without an answer, at the most.
const SILENCE: Duration = Duration::from_secs(120);

pub(super) async fn post_transfer(
    simulator: web::Data<SimulatedMojaloopConnector>,
    network: web::Data<Network>,
    request: HttpRequest,
    body: web::Json<Value>,
) -> Answer {
    let trace_id = request
        .headers()
        .get("traceparent")
        .and_then(|header| header.to_str().ok())
        .and_then(trace_id_of)
        .unwrap_or_else(new_trace_id);
    to_the_end(async move {
        simulator
            .begin(&network, body.into_inner(), &trace_id)
            .await
    })
    .await
}

pub(super) async fn put_transfer(
    simulator: web::Data<SimulatedMojaloopConnector>,
    network: web::Data<Network>,
    transfer_id: web::Path<String>,
    decision: web::Json<Decision>,
) -> Answer {
    to_the_end(async move { simulator.go_on(&network, &transfer_id, *decision).await }).await
}

pub(super) async fn get_transfer(
    simulator: web::Data<SimulatedMojaloopConnector>,
    transfer_id: web::Path<String>,
) -> Answer {
    simulator.look_up(&transfer_id).await
}

/// Finishes what was begun even if the caller has stopped listening: the real
/// one does not notice that either.
async fn to_the_end(work: impl Future<Output = Answer> + 'static) -> Answer {
    match rt::spawn(work).await {
        Ok(answer) => answer,
        Err(error) => Answer::refusal(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

fn too_long() -> Answer {
    let message = "the transfer is still being worked on";
    Answer::refusal(StatusCode::INTERNAL_SERVER_ERROR, message)
}

/// A decision that arrived.
struct Received {
    /// As rules name it, unless there are none for it.
    operation: Option<Operation>,
    moves_money: bool,
    /// The payment before anything came of the decision.
    document: Value,
}

impl SimulatedMojaloopConnector {
    /// Looks for a misfortune that was ordered, and waits as long as it says.
    pub(super) async fn suffer(&self, operation: Operation) -> Option<Misfortune> {
        let misfortune = self.state().behaviour.misfortune_of(operation)?;
        tokio::time::sleep(misfortune.delay).await;
        Some(misfortune)
    }

    pub(super) async fn begin(&self, network: &Network, body: Value, trace_id: &str) -> Answer {
        let request = match TransferRequest::read(body) {
            Ok(request) => request,
            Err(message) => return Answer::bad_request(message),
        };
        let transfer_id = match &request.transfer_id {
            Some(id) => id.clone(),
            None => match new_ulid().parse() {
                Ok(id) => id,
                Err(error) => return Answer::bad_request(format!("{error}")),
            },
        };
        let document = started(&request.body, transfer_id.as_str(), trace_id);
        let misfortune = self.suffer(Operation::PostTransfer).await;
        if let Some(answer) = misfortune
            .as_ref()
            .and_then(|misfortune| misfortune.answer_without_acting(&document))
        {
            return answer;
        }
        let Ok(_turn) = self.turns.take(&transfer_id).await else {
            return too_long();
        };
        let earlier = self.state().hub.find(transfer_id.as_str()).cloned();
        let earlier = earlier.as_ref();
        if earlier.is_some_and(|earlier| earlier.hub_state != HubState::None) {
            return hub_refusal("3106", "the hub has a transfer of this id", &document);
        }
        let transfer = SimulatedTransfer {
            transfer_id: transfer_id.to_string(),
            direction: Direction::Outbound,
            hub_state: HubState::None,
            current_state: CurrentState::WaitingForPartyAcceptance,
            amount: request.amount.clone(),
            currency: request.currency,
            accepts: earlier.map_or(0, |earlier| earlier.accepts),
            document,
            payee_leg: None,
            conversion_home_id: Value::Null,
        };
        let mut payment = self.payment(network, transfer);
        let answer = match misfortune {
            Some(misfortune) if misfortune.is_mojaloop_error() => {
                payment.transfer.enter(CurrentState::ErrorOccurred);
                misfortune.mojaloop_error(&payment.transfer.document)
            }
            Some(misfortune) if misfortune.fault == Fault::AutoAcceptQuotes => {
                let answer = payment.begin(&request).await;
                payment.complete(answer).await
            }
            _ => payment.begin(&request).await,
        };
        self.state().hub.remember(payment.transfer);
        answer
    }

    fn payment<'a>(&'a self, network: &'a Network, transfer: SimulatedTransfer) -> Payment<'a> {
        let state = self.state();
        Payment {
            simulator: self,
            network,
            peers: state.peers.clone(),
            behaviour: state.behaviour.clone(),
            transfer,
        }
    }

    pub(super) async fn go_on(
        &self,
        network: &Network,
        transfer_id: &str,
        decision: Decision,
    ) -> Answer {
        let Some(received) = self.receive(transfer_id, decision) else {
            let message = "no cached data was found for this transferId";
            return Answer::refusal(StatusCode::INTERNAL_SERVER_ERROR, message);
        };
        let misfortune = match received.operation {
            Some(operation) => self.suffer(operation).await,
            None => None,
        };
        if let Some(answer) = misfortune
            .as_ref()
            .and_then(|misfortune| misfortune.answer_without_acting(&received.document))
        {
            return answer;
        }
        let answer = self
            .decide(network, transfer_id, decision, misfortune.as_ref())
            .await;
        let is_silent = misfortune
            .is_some_and(|misfortune| misfortune.fault == Fault::CommitThenSilent)
            && received.moves_money;
        if is_silent {
            tokio::time::sleep(SILENCE).await;
        }
        answer
    }

    /// Notes that a decision arrived, whatever then becomes of it.
    fn receive(&self, transfer_id: &str, decision: Decision) -> Option<Received> {
        let mut state = self.state();
        let transfer = state.hub.find_mut(transfer_id)?;
        if transfer.direction == Direction::Inbound {
            return None;
        }
        let accepts = decision.accepts(transfer.current_state);
        let operation = if transfer.current_state == CurrentState::WaitingForPartyAcceptance {
            accepts.then_some(Operation::AcceptParty)
        } else if !accepts {
            Some(Operation::Reject)
        } else if transfer.awaits_first_acceptance() {
            Some(Operation::AcceptFirstTerms)
        } else {
            Some(Operation::Accept)
        };
        if operation == Some(Operation::Accept) {
            transfer.accepts += 1;
        }
        Some(Received {
            operation,
            moves_money: accepts && transfer.awaits_last_acceptance(),
            document: transfer.document.clone(),
        })
    }

    async fn decide(
        &self,
        network: &Network,
        transfer_id: &str,
        decision: Decision,
        misfortune: Option<&Misfortune>,
    ) -> Answer {
        let Ok(id) = transfer_id.parse() else {
            return Answer::bad_request("the transferId is not an identifier");
        };
        let Ok(_turn) = self.turns.take(&id).await else {
            return too_long();
        };
        let Some(transfer) = self.state().hub.find(transfer_id).cloned() else {
            return Answer::refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the transfer was forgotten meanwhile",
            );
        };
        let mut payment = self.payment(network, transfer);
        let answer = match payment.transfer.current_state {
            CurrentState::WaitingForPartyAcceptance => {
                payment.decide_party(decision, misfortune).await
            }
            CurrentState::WaitingForConversionAcceptance
            | CurrentState::WaitingForQuoteAcceptance => {
                payment.decide_terms(decision, misfortune).await
            }
            CurrentState::Completed => Answer::ok(payment.transfer.document.clone()),
            CurrentState::Aborted | CurrentState::ErrorOccurred | CurrentState::Reserved => {
                Answer::no_content()
            }
        };
        self.remember_outbound(payment.transfer);
        answer
    }

    /// Remembers what became of a payment. Requests that arrived meanwhile stay counted.
    fn remember_outbound(&self, mut transfer: SimulatedTransfer) {
        let mut state = self.state();
        if let Some(known) = state.hub.find(&transfer.transfer_id) {
            transfer.accepts = known.accepts;
        }
        state.hub.remember(transfer);
    }

    async fn look_up(&self, transfer_id: &str) -> Answer {
        let misfortune = self.suffer(Operation::GetTransfer).await;
        let state = self.state();
        let transfer = state.hub.find(transfer_id);
        let document = match transfer {
            Some(transfer) if transfer.direction == Direction::Outbound => {
                transfer.document.clone()
            }
            _ => started(&json!({}), transfer_id, &new_trace_id()),
        };
        let mut hub_state = transfer.map_or(HubState::None, |transfer| transfer.hub_state);
        if let Some(misfortune) = &misfortune {
            if let Some(answer) = misfortune.answer_without_acting(&document) {
                return answer;
            }
            match misfortune.fault {
                Fault::MojaloopError => return misfortune.mojaloop_error(&document),
                Fault::UnknownState if transfer.is_some() => hub_state = HubState::Reserved,
                _ => {}
            }
        }
        if hub_state == HubState::None {
            return hub_refusal("3208", "Transfer ID not found", &document);
        }
        let mut answered = document;
        // It only says that the look-up worked.
        answered["currentState"] = json!(CurrentState::Completed.as_str());
        let exchange = OutboundExchange::of(&answered, &self.settings().fsp_id);
        answered["fulfil"] = exchange.fulfil(hub_state);
        Answer::ok(answered)
    }
}
