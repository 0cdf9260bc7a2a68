//! Customers, and what their accounts can take.

use async_trait::async_trait;
use serde_json::json;

use super::Client;
use crate::{
    core_banking::port::{BankError, Customers},
    domain::{
        amount::Amount,
        identifier::PartyIdentifier,
        party::{AccountNumber, Customer},
    },
};

#[async_trait]
impl Customers for Client {
    /// Replace (party lookup): the path, and the fields of `Customer`.
    ///
    /// `identifier.canonical()` is the connector's form (an MSISDN as digits
    /// in international form, without a plus sign). If the bank stores another
    /// form, convert it here and nowhere else.
    ///
    /// The bank must answer "there is nobody" differently from "I failed":
    /// a payment to nobody is refused for good.
    async fn find_customer(
        &self,
        identifier: &PartyIdentifier,
    ) -> Result<Option<Customer>, BankError> {
        let id_type = identifier.id_type().as_str();
        let path = ["customers", id_type, identifier.canonical()];
        self.ask(&path, "unknown_customer").await
    }

    /// Replace (quote): the call that validates an account for a credit. If the bank
    /// has none, look up the account and compare status, currency and limits.
    ///
    /// The bank must not reserve anything here: quotes are free.
    async fn check_credit(&self, payee: &AccountNumber, amount: Amount) -> Result<(), BankError> {
        let body = json!({ "account": payee, "amount": amount });
        self.instruct::<serde::de::IgnoredAny>(&["credit-checks"], &body)
            .await
            .map(|_| ())
    }
}
