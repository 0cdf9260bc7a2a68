//! The outbound API for parties: who is it that could be paid?

use actix_web::{
    http::StatusCode,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    SimulatedMojaloopConnector,
    answer::Answer,
    behaviour::Operation,
    network::Network,
    outbound_shapes::{found_party, unknown_party_error},
    payment::{WantedParty, made_up_payee},
};

pub(super) async fn get_party(
    simulator: Data<SimulatedMojaloopConnector>,
    network: Data<Network>,
    path: Path<(String, String)>,
) -> Answer {
    let (id_type, id_value) = path.into_inner();
    let wanted = WantedParty {
        id_type: &id_type,
        id_value: &id_value,
        id_sub_value: None,
    };
    look_up(&simulator, &network, wanted).await
}

pub(super) async fn get_sub_party(
    simulator: Data<SimulatedMojaloopConnector>,
    network: Data<Network>,
    path: Path<(String, String, String)>,
) -> Answer {
    let (id_type, id_value, id_sub_value) = path.into_inner();
    let wanted = WantedParty {
        id_type: &id_type,
        id_value: &id_value,
        id_sub_value: Some(&id_sub_value),
    };
    look_up(&simulator, &network, wanted).await
}

async fn look_up(
    simulator: &SimulatedMojaloopConnector,
    network: &Network,
    wanted: WantedParty<'_>,
) -> Answer {
    let mut to = json!({ "idType": wanted.id_type, "idValue": wanted.id_value });
    if let Some(id_sub_value) = wanted.id_sub_value {
        to["idSubValue"] = json!(id_sub_value);
    }
    if let Some(misfortune) = simulator.suffer(Operation::GetParty).await
        && let Some(answer) = misfortune.answer_without_acting(&to)
    {
        return answer;
    }
    let (peers, behaviour) = {
        let state = simulator.state();
        (state.peers.clone(), state.behaviour.clone())
    };
    let currency = simulator.settings().currency;
    let found = if peers.is_empty() {
        made_up_payee(&behaviour, wanted, currency, true)
    } else {
        wanted.find(network, &peers).await
    };
    match found {
        Some(payee) => Answer::ok(found_party(to, &payee, &simulator.settings().fsp_id)),
        None => Answer::with_error(StatusCode::NOT_FOUND, unknown_party_error()),
    }
}
