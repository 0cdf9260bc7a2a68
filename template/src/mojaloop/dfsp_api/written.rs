//! The document of all connectors at once: what depends on an answer stands in
//! a region.

pub mod dfsp_or_fxp_or_both;

use super::{approvals, bulk_payments, document, guarded::guarded, payments, requests_to_pay};
use crate::mojaloop::backend_api::written::Union;

const ONE_STEP: &str = "payer_steps is one_step";

pub fn text() -> String {
    Union::of(document())
        .one_of([
            (ONE_STEP, guarded(payments::one_step::document())),
            (
                "payer_steps is two_steps",
                guarded(payments::two_steps::document()),
            ),
            (
                "payer_steps is three_steps",
                guarded(payments::three_steps::document()),
            ),
        ])
        .part(
            "payer_debit is push_approval",
            guarded(approvals::document()),
        )
        .part("use_cases has bulk", guarded(bulk_payments::document()))
        .part(
            "use_cases has request_to_pay",
            guarded(requests_to_pay::document()),
        )
        .line("SendMoneyBody", "payeeName", ONE_STEP)
        .line("MerchantPaymentBody", "payeeName", ONE_STEP)
        .text()
}
