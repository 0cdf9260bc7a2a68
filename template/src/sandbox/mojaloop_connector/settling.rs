//! The end of an outgoing payment: the hub moves the money of its transfer and
//! of its conversion, or none of it.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::{
    answer::Answer,
    behaviour::Fault,
    conversion::FxpFault,
    conversion_shapes::{amount_of, reserved_at_fxp},
    network::{FxpLeg, Heard, Message, PayeeLeg},
    outbound_shapes::text,
    payment::{Payment, hub_refusal},
    settlement::Way,
    simulated_hub::{CurrentState, HubState},
};

/// Why the hub could not do what it was asked to.
struct NotReserved(Answer);

impl Payment<'_> {
    /// The hub reaches this state, and the answer says so.
    pub(super) async fn settle(&mut self, hub_state: HubState) -> Answer {
        match self.reach(hub_state).await {
            Ok(()) => self.answer_as(hub_state),
            Err(NotReserved(answer)) => answer,
        }
    }

    /// What is accepted goes wrong like this.
    pub(super) async fn settle_as(&mut self, fault: Fault) -> Answer {
        let hub_state = match fault {
            Fault::Abort => HubState::Aborted,
            _ => HubState::Committed,
        };
        if let Err(NotReserved(answer)) = self.reach(hub_state).await {
            return answer;
        }
        match fault {
            // The Mojaloop Connector loses track of it.
            Fault::CommitThenFail => self.fail(
                StatusCode::INTERNAL_SERVER_ERROR,
                "simulated failure after the commit",
            ),
            Fault::CommitThenGatewayTimeout => self.fail(
                StatusCode::GATEWAY_TIMEOUT,
                "simulated timeout after the commit",
            ),
            Fault::CommitThenReserved => self.answer_as(HubState::Reserved),
            Fault::Abort => {
                self.transfer.document["abortedReason"] = json!("Transfer aborted by the payee");
                self.answer_as(HubState::Aborted)
            }
            _ => self.answer_as(HubState::Committed),
        }
    }

    fn answer_as(&mut self, shown: HubState) -> Answer {
        let converts = self.transfer.converts();
        self.exchanged(|exchange, document| {
            if converts {
                exchange.add_conversion_transfer(document);
            }
            exchange.add_settlement(document, shown);
        });
        self.enter(match shown {
            HubState::Aborted => CurrentState::Aborted,
            HubState::None | HubState::Reserved | HubState::Committed => CurrentState::Completed,
        })
    }

    /// First the FXP reserves, then the payee's FSP; then the hub decides about
    /// both together, and tells them.
    async fn reach(&mut self, hub_state: HubState) -> Result<(), NotReserved> {
        let conversion = self.reserve_conversion().await?;
        let payee = match self.reserve_transfer().await {
            Ok(leg) => leg,
            Err((leg, not_reserved)) => {
                self.transfer.hub_state = HubState::Aborted;
                self.tell(conversion, leg, HubState::Aborted).await;
                return Err(not_reserved);
            }
        };
        self.transfer.hub_state = hub_state;
        if hub_state == HubState::Committed {
            self.move_positions();
        }
        self.tell(conversion, payee, hub_state).await;
        Ok(())
    }

    async fn reserve_conversion(&mut self) -> Result<Option<FxpLeg>, NotReserved> {
        if !self.transfer.converts() {
            return Ok(None);
        }
        self.exchanged(|exchange, document| exchange.add_conversion_transfer_request(document));
        let Some(fxp) = self.fxp_peer() else {
            return self.reserve_made_up_conversion().map(|()| None);
        };
        let document = &self.transfer.document;
        let body = &document["fxTransferRequest"]["body"];
        let Some(target) = amount_of(&body["targetAmount"]) else {
            return Err(self.aborted("2001", "the conversion cannot be read"));
        };
        let mut leg = FxpLeg {
            commit_request_id: text(&body["commitRequestId"]).to_owned(),
            determining_transfer_id: self.transfer.transfer_id.clone(),
            target,
            request: reserved_at_fxp(document, &self.transfer.conversion_home_id),
            reserved: false,
        };
        let message = Message::FxTransfer(leg.clone());
        match self.network.ask::<Value>(fxp, &message).await {
            Heard::Answered(_) => {
                leg.reserved = true;
                Ok(Some(leg))
            }
            Heard::Refused { code, description } => {
                self.tell(Some(leg), None, HubState::Aborted).await;
                Err(self.aborted(&code, &description))
            }
            Heard::Nothing => {
                self.tell(Some(leg), None, HubState::Aborted).await;
                self.transfer.hub_state = HubState::Aborted;
                Err(self.not_heard("no answer of the FXP in time"))
            }
        }
    }

    fn reserve_made_up_conversion(&mut self) -> Result<(), NotReserved> {
        match self.behaviour.conversion.fault.clone() {
            Some(FxpFault::RefusesToReserve(code)) => {
                Err(self.aborted(&code, "the FXP does not convert"))
            }
            // The hub has heard of the conversion, but never of the transfer.
            Some(FxpFault::TimesOutOnReserve) => {
                Err(self.not_heard("simulated timeout of the FXP"))
            }
            _ => Ok(()),
        }
    }

    /// Gives what the payee's FSP has said, unless that is made up, and why it
    /// has not reserved.
    async fn reserve_transfer(
        &mut self,
    ) -> Result<Option<PayeeLeg>, (Option<PayeeLeg>, NotReserved)> {
        let (Some(payee), Some(leg)) = (self.payee_peer(), self.transfer.payee_leg.clone()) else {
            return Ok(None);
        };
        let message = Message::Transfer(leg.clone());
        match self.network.ask::<PayeeLeg>(payee, &message).await {
            Heard::Answered(leg) => Ok(Some(leg)),
            Heard::Refused { code, description } => {
                Err((Some(leg), self.aborted(&code, &description)))
            }
            Heard::Nothing => Err((
                Some(leg),
                self.not_heard("no answer of the payee's FSP in time"),
            )),
        }
    }

    /// A participant refused, so that the hub aborts.
    fn aborted(&mut self, code: &str, description: &str) -> NotReserved {
        self.transfer.hub_state = HubState::Aborted;
        self.transfer.enter(CurrentState::ErrorOccurred);
        NotReserved(hub_refusal(code, description, &self.transfer.document))
    }

    fn not_heard(&mut self, message: &str) -> NotReserved {
        NotReserved(self.fail(StatusCode::GATEWAY_TIMEOUT, message))
    }

    /// The payer's FSP owes the FXP what is converted, and the payee's FSP is
    /// owed what is transferred, by the FXP if there is one.
    fn move_positions(&self) {
        let document = &self.transfer.document;
        let transferred = amount_of(&document["quoteResponse"]["body"]["transferAmount"]);
        let conversion = &document["fxTransferRequest"]["body"];
        let converted = amount_of(&conversion["sourceAmount"]);
        let fxp = text(&conversion["counterPartyFsp"]);
        let mut state = self.simulator.state();
        if let Some(paid) = converted.or(transferred) {
            let transfer_id = &self.transfer.transfer_id;
            state.settlement.add(transfer_id, Way::Outgoing, paid);
        }
        let mut debtor = self.payer_fsp();
        if let Some(source) = converted {
            state.positions.transfer(debtor, fxp, source);
            debtor = fxp;
        }
        if let Some(amount) = transferred {
            let payee_fsp = text(&document["to"]["fspId"]);
            state.positions.transfer(debtor, payee_fsp, amount);
        }
    }

    /// Tells those of them that are not made up what the hub has decided. The
    /// decision stands whether or not they hear of it.
    async fn tell(&self, conversion: Option<FxpLeg>, payee: Option<PayeeLeg>, decided: HubState) {
        if let (Some(fxp), Some(leg)) = (self.fxp_peer(), conversion) {
            let message = Message::FxFinal(leg, decided);
            self.network.ask::<Value>(fxp, &message).await;
        }
        if let (Some(peer), Some(leg)) = (self.payee_peer(), payee) {
            let message = Message::Final(leg, decided);
            self.network.ask::<Value>(peer, &message).await;
        }
    }
}
