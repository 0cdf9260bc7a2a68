//! What the sandbox bank charges, by a table of its own.
//!
//! | charge | up to 500 | above |
//! | --- | --- | --- |
//! | to a payer | 2 | 5 |
//! | to a payee | 1 | 3 |
//! | given to the payer's FSP | 0 | 1 |

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, ServiceConfig},
};
use async_trait::async_trait;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use crate::{
    core_banking::port::{BankError, Pricing},
    domain::{
        amount::Amount,
        party::AccountNumber,
        quote::{AmountType, PayeeCharges, Terms},
    },
    sandbox::bank::{
        SandboxBank,
        api::{refused, resource, respond},
        books::Books,
        faults::Operation,
        in_process,
        refusal::Refusal,
    },
};

const PRICE_INCOMING: Operation = Operation::new("price_incoming");
const PRICE_OUTGOING: Operation = Operation::new("price_outgoing");

/// What a rule about charges can name.
pub const OPERATIONS: &[Operation] = &[PRICE_INCOMING, PRICE_OUTGOING];

const LARGE_PAYMENTS_ARE_ABOVE: Decimal = Decimal::from_parts(500, 0, 0, false, 0);

/// One of two prices, by the size of the payment. They are whole numbers, which
/// are amounts in every currency.
fn price(amount: Amount, small: u32, large: u32) -> Result<Amount, Refusal> {
    let is_large = amount.value() > LARGE_PAYMENTS_ARE_ABOVE;
    let price = if is_large { large } else { small };
    Amount::new(Decimal::from(price), amount.currency()).map_err(|_| Refusal::Malformed)
}

fn price_of_incoming(
    books: &Books,
    payee: &AccountNumber,
    amount: Amount,
) -> Result<PayeeCharges, Refusal> {
    books.check_active(payee)?;
    Ok(PayeeCharges {
        fee: price(amount, 1, 3)?,
        commission: price(amount, 0, 1)?,
    })
}

fn price_of_outgoing(
    books: &Books,
    payer: &AccountNumber,
    amount: Amount,
) -> Result<Amount, Refusal> {
    books.check_active(payer)?;
    price(amount, 2, 5)
}

#[derive(Deserialize)]
struct IncomingPayment {
    account: AccountNumber,
    amount: Amount,
}

#[derive(Deserialize)]
struct OutgoingPayment {
    account: AccountNumber,
    transfer_amount: Amount,
}

/// The paths for questions about charges.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(resource("/prices/incoming", web::post().to(price_incoming)))
        .service(resource("/prices/outgoing", web::post().to(price_outgoing)));
}

async fn price_incoming(bank: Data<SandboxBank>, body: Json<IncomingPayment>) -> HttpResponse {
    respond(
        bank,
        PRICE_INCOMING,
        move |books, _| match price_of_incoming(books, &body.account, body.amount) {
            Ok(charges) => HttpResponse::Ok().json(charges),
            Err(refusal) => refused(refusal),
        },
    )
    .await
}

async fn price_outgoing(bank: Data<SandboxBank>, body: Json<OutgoingPayment>) -> HttpResponse {
    respond(
        bank,
        PRICE_OUTGOING,
        move |books, _| match price_of_outgoing(books, &body.account, body.transfer_amount) {
            Ok(fee) => HttpResponse::Ok().json(json!({ "fee": fee })),
            Err(refusal) => refused(refusal),
        },
    )
    .await
}

#[async_trait]
impl Pricing for SandboxBank {
    async fn payee_charges(
        &self,
        payee: &AccountNumber,
        _amount_type: AmountType,
        amount: Amount,
    ) -> Result<PayeeCharges, BankError> {
        let payee = payee.clone();
        let priced = self.call(PRICE_INCOMING, move |books, _| {
            price_of_incoming(books, &payee, amount)
        });
        priced.await?.map_err(in_process::refused)
    }

    async fn payer_fee(&self, payer: &AccountNumber, terms: Terms) -> Result<Amount, BankError> {
        let payer = payer.clone();
        let priced = self.call(PRICE_OUTGOING, move |books, _| {
            price_of_outgoing(books, &payer, terms.transfer_amount())
        });
        priced.await?.map_err(in_process::refused)
    }
}
