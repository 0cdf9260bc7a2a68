//! The outbound API for payments: this connector is the payer's.

use std::time::Duration;

use actix_web::{HttpRequest, http::StatusCode, rt, web};
use serde_json::{Value, json};

use super::{
    SimulatedMojaloopConnector, State,
    answer::Answer,
    behaviour::{Fault, Misfortune, Operation},
    identifiers::{new_trace_id, new_ulid, trace_id_of},
    outbound_shapes::{OutboundExchange, started},
    payment::{Decision, Payment, hub_refusal},
    simulated_hub::{CurrentState, Direction, HubState, SimulatedTransfer},
    transfer_request::TransferRequest,
};
/// How long a request is left without an answer, at the most.
const SILENCE: Duration = Duration::from_secs(120);

pub(super) async fn post_transfer(
    simulator: web::Data<SimulatedMojaloopConnector>,
    request: HttpRequest,
    body: web::Json<Value>,
) -> Answer {
    let trace_id = request
        .headers()
        .get("traceparent")
        .and_then(|header| header.to_str().ok())
        .and_then(trace_id_of)
        .unwrap_or_else(new_trace_id);
    to_the_end(async move { simulator.begin(body.into_inner(), &trace_id).await }).await
}

pub(super) async fn put_transfer(
    simulator: web::Data<SimulatedMojaloopConnector>,
    transfer_id: web::Path<String>,
    decision: web::Json<Decision>,
) -> Answer {
    to_the_end(async move { simulator.go_on(&transfer_id, *decision).await }).await
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

    async fn begin(&self, body: Value, trace_id: &str) -> Answer {
        let request = match TransferRequest::read(body) {
            Ok(request) => request,
            Err(message) => return Answer::bad_request(message),
        };
        let transfer_id = match &request.transfer_id {
            Some(id) => id.to_string(),
            None => new_ulid(),
        };
        let document = started(&request.body, &transfer_id, trace_id);
        let misfortune = self.suffer(Operation::PostTransfer).await;
        if let Some(answer) = misfortune
            .as_ref()
            .and_then(|misfortune| misfortune.answer_without_acting(&document))
        {
            return answer;
        }
        let mut state = self.state();
        let State { behaviour, hub } = &mut *state;
        let earlier = hub.find(&transfer_id);
        if earlier.is_some_and(|earlier| earlier.hub_state != HubState::None) {
            return hub_refusal("3106", "the hub has a transfer of this id", &document);
        }
        let mut payment = Payment {
            payer_fsp: &self.settings().fsp_id,
            transfer: SimulatedTransfer {
                transfer_id,
                direction: Direction::Outbound,
                hub_state: HubState::None,
                current_state: CurrentState::WaitingForPartyAcceptance,
                amount: request.amount.clone(),
                currency: request.currency,
                accepts: earlier.map_or(0, |earlier| earlier.accepts),
                document,
            },
        };
        let answer = match misfortune {
            Some(misfortune) if misfortune.is_mojaloop_error() => {
                payment.transfer.enter(CurrentState::ErrorOccurred);
                misfortune.mojaloop_error(&payment.transfer.document)
            }
            Some(misfortune) if misfortune.fault == Fault::AutoAcceptQuotes => {
                let answer = payment.begin(behaviour, &request);
                payment.complete(behaviour, answer)
            }
            _ => payment.begin(behaviour, &request),
        };
        hub.remember(payment.transfer);
        answer
    }

    async fn go_on(&self, transfer_id: &str, decision: Decision) -> Answer {
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
        let answer = self.decide(transfer_id, decision, misfortune.as_ref());
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

    fn decide(
        &self,
        transfer_id: &str,
        decision: Decision,
        misfortune: Option<&Misfortune>,
    ) -> Answer {
        let mut state = self.state();
        let State { behaviour, hub } = &mut *state;
        let Some(transfer) = hub.find(transfer_id) else {
            return Answer::refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the transfer was forgotten meanwhile",
            );
        };
        let mut payment = Payment {
            payer_fsp: &self.settings().fsp_id,
            transfer: transfer.clone(),
        };
        let answer = match payment.transfer.current_state {
            CurrentState::WaitingForPartyAcceptance => {
                payment.decide_party(behaviour, decision, misfortune)
            }
            CurrentState::WaitingForConversionAcceptance
            | CurrentState::WaitingForQuoteAcceptance => {
                payment.decide_terms(behaviour, decision, misfortune)
            }
            CurrentState::Completed => Answer::ok(payment.transfer.document.clone()),
            CurrentState::Aborted | CurrentState::ErrorOccurred | CurrentState::Reserved => {
                Answer::no_content()
            }
        };
        hub.remember(payment.transfer);
        answer
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
