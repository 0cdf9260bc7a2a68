//! A payment that leaves, as a channel of the bank asks for it.

use core_connector::{
    domain::{
        outgoing::{OutgoingPayment, OutgoingState},
        quote::{AmountType, PayeeCharges, Terms},
        transfer_id::TransferId,
    },
    journal::{Journal, Recorded},
};
use serde_json::{Value, json};

use crate::{
    customers::{Customer, amount, currency},
    debits::as_payer,
    test_connector::{TestConnector, eventually},
};

/// The body of `POST /send-money`.
pub fn send_money(payer: Customer, amount: &str) -> Value {
    json!({
        "homeTransactionId": TransferId::generate(),
        "payeeId": "25471111111",
        "payeeIdType": "MSISDN",
        "sendAmount": amount,
        "sendCurrency": currency(),
        "receiveCurrency": currency(),
        "transactionType": "TRANSFER",
        "payer": as_payer(payer),
    })
}

/// The body of `POST /merchant-payment`.
pub fn merchant_payment(payer: Customer, amount: &str) -> Value {
    let mut body = send_money(payer, amount);
    let fields = body.as_object_mut().unwrap();
    fields.remove("sendAmount");
    fields.insert("receiveAmount".to_owned(), json!(amount));
    body
}

/// What a payment comes to whose payee is charged this much by his own bank.
pub fn terms(amount_type: AmountType, text: &str, payee_fee: &str) -> Terms {
    let charges = PayeeCharges {
        fee: amount(payee_fee),
        commission: amount("0"),
    };
    Terms::of(amount_type, amount(text), charges).unwrap()
}

/// What a payment comes to whose payee is charged nothing.
pub fn sent(text: &str) -> Terms {
    terms(AmountType::Send, text, "0")
}

impl TestConnector {
    /// The payment that was opened for a request.
    pub async fn id_of(&self, request: &Value) -> TransferId {
        let id = request["homeTransactionId"].as_str().unwrap();
        let journal: Journal<OutgoingPayment> = Journal::new(self.store());
        let found = journal.find_by_home_transaction_id(id).await.unwrap();
        found.unwrap().payment.transfer_id
    }

    /// What the channel is told when it asks.
    pub async fn outgoing_state_told(&self, transfer_id: &TransferId) -> String {
        let path = format!("/transfers/{transfer_id}");
        let answer = self.dfsp.get(&path).await.served();
        let state = &answer["fulfil"]["body"]["transferState"];
        state.as_str().unwrap().to_owned()
    }

    /// The payment as the journal has it.
    pub async fn outgoing(&self, transfer_id: &TransferId) -> Recorded<OutgoingPayment> {
        let journal = Journal::new(self.store());
        journal.find(transfer_id).await.unwrap().unwrap()
    }

    /// Waits until the payment is in this state.
    pub async fn outgoing_becomes(&self, transfer_id: &TransferId, state: OutgoingState) {
        eventually(state.as_str(), async || {
            self.outgoing(transfer_id).await.payment.state() == state
        })
        .await;
    }

    /// Waits until it has been tried in vain to go on.
    pub async fn outgoing_is_postponed(&self, transfer_id: &TransferId) {
        eventually("it is tried in vain", async || {
            self.outgoing(transfer_id).await.work.attempts > 0
        })
        .await;
    }

    /// What the simulated Mojaloop Connector knows of a transfer; null if nothing.
    pub async fn seen_by_scheme(&self, transfer_id: &TransferId) -> Value {
        let transfers = self.simulator.get("/simulator/transfers").await.served();
        let transfers = transfers.as_array().unwrap();
        let found = transfers
            .iter()
            .find(|transfer| transfer["transferId"] == transfer_id.as_str());
        found.cloned().unwrap_or_default()
    }

    /// The Mojaloop Connector was told that there will be no transfer, and
    /// never that there should be one.
    pub async fn assert_rejected_at_scheme(&self, transfer_id: &TransferId) {
        let seen = self.seen_by_scheme(transfer_id).await;
        assert_eq!(seen["currentState"], "ABORTED", "{seen}");
        assert_eq!(seen["accepts"], 0, "{seen}");
    }
}
