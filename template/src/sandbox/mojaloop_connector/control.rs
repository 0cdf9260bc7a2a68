//! How tests and developers steer the simulator and look inside.

use actix_web::web::{Data, Json};
use serde_json::json;

use super::{
    SimulatedMojaloopConnector,
    answer::Answer,
    behaviour::{Behaviour, WantedBehaviour},
    simulated_hub::SimulatedTransfer,
};

pub(super) async fn put_behaviour(
    simulator: Data<SimulatedMojaloopConnector>,
    wanted: Json<WantedBehaviour>,
) -> Answer {
    match Behaviour::wanted(wanted.into_inner(), simulator.settings().currency) {
        Ok(behaviour) => {
            simulator.state().behaviour = behaviour;
            Answer::no_content()
        }
        Err(message) => Answer::bad_request(message),
    }
}

pub(super) async fn delete_behaviour(simulator: Data<SimulatedMojaloopConnector>) -> Answer {
    simulator.state().behaviour = Behaviour::default();
    Answer::no_content()
}

pub(super) async fn get_transfers(simulator: Data<SimulatedMojaloopConnector>) -> Answer {
    let state = simulator.state();
    let transfers: Vec<&SimulatedTransfer> = state.hub.transfers().collect();
    Answer::ok(json!(transfers))
}

pub(super) async fn get_positions(simulator: Data<SimulatedMojaloopConnector>) -> Answer {
    Answer::ok(simulator.state().positions.report())
}
