//! What the bank's customers have agreed to beforehand.
//!
//! A payment is made in one step: nobody is asked about the payee and the
//! terms. So the connector compares both with these limits, before any money
//! moves. They belong into the bank's contract with its customers.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::{
    domain::{
        amount::Amount,
        currency::Currency,
        error::{ErrorCode, PaymentError},
        outgoing::{Offer, OutgoingRequest},
    },
    environment::{
        Variables,
        currencies::{Currencies, PerCurrency},
    },
};

/// What is configured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The FSPs whose customers may be paid; `None` stands for all.
    payee_fsps: Option<BTreeSet<String>>,
    amounts: PerCurrency<AmountLimits>,
}

/// The limits of one currency.
#[derive(Debug, Clone)]
struct AmountLimits {
    /// The most that may leave the payer's account; `None` if the bank has no
    /// limit besides those of its accounts.
    total: Option<Amount>,
    /// `None` if the bank's own charges are not limited here.
    payer_fee: Option<FeeLimit>,
    payee_fee: FeeLimit,
}

/// A fixed part, and a share of the amount that was asked for.
#[derive(Debug, Clone, Copy)]
struct FeeLimit {
    fixed: Amount,
    percent: Decimal,
}

impl Settings {
    pub fn read(variables: &mut Variables, currencies: Option<&Currencies>) -> Option<Self> {
        let payee_fsps = variables.text("ALLOWED_PAYEE_FSPS").map(|texts| {
            let names = texts.split(',').map(|name| name.trim().to_owned());
            names.filter(|name| !name.is_empty()).collect()
        });
        let amounts = PerCurrency::read(variables, currencies, AmountLimits::read);
        Some(Self {
            payee_fsps,
            amounts: amounts?,
        })
    }
}

impl AmountLimits {
    fn read(
        variables: &mut Variables,
        name: &dyn Fn(&str) -> String,
        currency: Option<Currency>,
    ) -> Option<Self> {
        let total = &name("MAX_PAYMENT_TOTAL");
        let payer_fee = [&name("MAX_PAYER_FEE"), &name("MAX_PAYER_FEE_PERCENT")];
        let payee_fee = [&name("MAX_PAYEE_FEE"), &name("MAX_PAYEE_FEE_PERCENT")];
        let limits_total = variables.text(total).is_some();
        let limits_payer_fee = payer_fee.iter().any(|name| variables.text(name).is_some());
        // Read in any case, so that every problem is known.
        let total = variables.amount(total, "0", currency);
        let payer_fee = FeeLimit::read(variables, payer_fee, currency);
        let payee_fee = FeeLimit::read(variables, payee_fee, currency);
        Some(Self {
            total: limits_total.then_some(total?),
            payer_fee: limits_payer_fee.then_some(payer_fee?),
            payee_fee: payee_fee?,
        })
    }
}

impl FeeLimit {
    fn read(
        variables: &mut Variables,
        [fixed, percent]: [&String; 2],
        currency: Option<Currency>,
    ) -> Option<Self> {
        let fixed = variables.amount(fixed, "0", currency);
        let share: Option<Decimal> = variables.parsed(percent, "0");
        if share.is_some_and(|share| share.is_sign_negative() || share > Decimal::ONE_HUNDRED) {
            variables.problem(percent, "is not usable: it is a number from 0 to 100");
        }
        Some(Self {
            fixed: fixed?,
            percent: share?,
        })
    }

    fn allows(self, fee: Amount, amount: Amount) -> bool {
        let share = amount.value() * self.percent / Decimal::ONE_HUNDRED;
        fee.value() <= self.fixed.value() + share
    }
}

/// What the bank's customers have agreed to beforehand.
#[derive(Debug, Clone)]
pub struct Limits(Settings);

impl Limits {
    pub fn new(settings: Settings) -> Self {
        Self(settings)
    }

    /// Refuses an offer that does not keep within the limits.
    pub fn check(&self, request: &OutgoingRequest, offer: &Offer) -> Result<(), PaymentError> {
        self.check_payee(request, offer)?;
        let limits = self.0.amounts.of(request.payer_currency())?;
        let total = offer.total_of_payer()?;
        if limits
            .total
            .is_some_and(|most| total.value() > most.value())
        {
            return Err(exceeded("the payment is larger than the payer agreed to"));
        }
        let (asked, payee_fee) = (request.amount, offer.terms.payee_charges().fee);
        // [if use_cases has conversion]
        let (asked, payee_fee) = match &offer.conversion {
            Some(conversion) => (
                conversion.in_source(asked)?,
                conversion.in_source(payee_fee)?,
            ),
            None => (asked, payee_fee),
        };
        // [end]
        if limits
            .payer_fee
            .is_some_and(|most| !most.allows(offer.payer_fee, asked))
        {
            return Err(exceeded(
                "the payer's fee is higher than the payer agreed to",
            ));
        }
        if !limits.payee_fee.allows(payee_fee, asked) {
            return Err(exceeded(
                "the payee's fee is higher than the payer agreed to",
            ));
        }
        Ok(())
    }

    fn check_payee(&self, request: &OutgoingRequest, offer: &Offer) -> Result<(), PaymentError> {
        let payee = &offer.payee;
        if let Some(allowed) = &self.0.payee_fsps
            && !payee
                .fsp_id
                .as_ref()
                .is_some_and(|fsp_id| allowed.contains(fsp_id))
        {
            return Err(not_meant("payments to the payee's FSP are not allowed"));
        }
        if let Some(meant) = &request.payee_name
            && !payee.name.as_ref().is_some_and(|name| meant.is(name))
        {
            return Err(not_meant("the payee has another name than the payer gave"));
        }
        Ok(())
    }
}

fn exceeded(message: &str) -> PaymentError {
    PaymentError::new(ErrorCode::PayerLimit, message)
}

fn not_meant(message: &str) -> PaymentError {
    PaymentError::new(ErrorCode::PayerRejected, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            identifier::{IdType, PartyIdentifier},
            outgoing::{PayeeDetails, PayerDetails, UseCase},
            payee_name::PayeeName,
            quote::{AmountType, PayeeCharges, Terms},
            timestamp::Timestamp,
        },
        environment::{Problems, currencies::variable_name},
    };

    fn read(variables: &[(&str, &str)]) -> Result<Limits, Problems> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| {
                *known == name || variable_name(known, amount("0").currency()) == name
            });
            found.map(|(_, value)| (*value).to_owned())
        };
        let mut variables = Variables::of(&variable);
        let currencies = Currencies::read(&mut variables);
        let settings = Settings::read(&mut variables, currencies.as_ref());
        variables.finish(settings).map(Limits::new)
    }

    fn amount(text: &str) -> Amount {
        let nothing = |_: &str| None;
        let currencies = Currencies::read(&mut Variables::of(&nothing)).unwrap();
        Amount::parse(text, currencies.first()).unwrap()
    }

    fn request(payee_name: Option<&str>) -> OutgoingRequest {
        let party = PartyIdentifier::parse(IdType::AccountId, "1", None, None).unwrap();
        OutgoingRequest {
            use_case: UseCase::SendMoney,
            home_transaction_id: Some("h-1".to_owned()),
            channel: None,
            payer: party.clone(),
            payer_details: PayerDetails::default(),
            payee: party,
            payee_name: payee_name.map(|name| PayeeName::new(name.to_owned())),
            amount_type: AmountType::Receive,
            amount: amount("100"),
            // [if use_cases has conversion]
            other_currency: None,
            // [end]
            transaction_type: "TRANSFER".to_owned(),
            purpose_code: None,
            // [if use_cases has request_to_pay]
            in_answer_to: None,
            // [end]
        }
    }

    /// 100 are to be received.
    fn offer(payer_fee: &str, payee_fee: &str) -> Offer {
        let charges = PayeeCharges {
            fee: amount(payee_fee),
            commission: amount("0"),
        };
        Offer {
            payee: PayeeDetails {
                address: None,
                fsp_id: Some("otherbank".to_owned()),
                fsp_lei: None,
                name: Some("Awa Ceesay".to_owned()),
            },
            terms: Terms::of(AmountType::Receive, amount("100"), charges).unwrap(),
            // [if use_cases has conversion]
            conversion: None,
            // [end]
            payer_fee: amount(payer_fee),
            expires_at: Timestamp::now(),
        }
    }

    fn refusal(limits: &[(&str, &str)], offer: Offer) -> Option<ErrorCode> {
        let checked = read(limits).unwrap().check(&request(None), &offer);
        checked.err().map(|error| error.code)
    }

    #[test]
    fn without_limits_the_payees_side_may_charge_nothing_and_the_bank_what_it_charges() {
        assert_eq!(refusal(&[], offer("5", "0")), None);
        assert_eq!(refusal(&[], offer("0", "1")), Some(ErrorCode::PayerLimit));
    }

    #[test]
    fn a_fee_may_reach_the_fixed_part_and_the_share_together_and_not_exceed_them() {
        for (side, within, above) in [
            ("PAYER", offer("5", "0"), offer("6", "0")),
            ("PAYEE", offer("0", "5"), offer("0", "6")),
        ] {
            let [fixed, percent] = [format!("MAX_{side}_FEE"), format!("MAX_{side}_FEE_PERCENT")];
            for limits in [
                [(fixed.as_str(), "3"), (percent.as_str(), "2.5")],
                [(fixed.as_str(), "5"), (percent.as_str(), "")],
                [(fixed.as_str(), ""), (percent.as_str(), "5")],
            ] {
                assert_eq!(refusal(&limits, within.clone()), None, "{limits:?}");
                let refused = refusal(&limits, above.clone());
                assert_eq!(refused, Some(ErrorCode::PayerLimit), "{limits:?}");
            }
        }
    }

    #[test]
    fn the_total_counts_with_all_fees() {
        let limits = |total| [("MAX_PAYMENT_TOTAL", total), ("MAX_PAYEE_FEE", "9")];
        assert_eq!(refusal(&limits("103"), offer("2", "1")), None);
        let refused = refusal(&limits("102"), offer("2", "1"));
        assert_eq!(refused, Some(ErrorCode::PayerLimit));
    }

    #[test]
    fn only_customers_of_the_allowed_fsps_are_paid() {
        let payee = |allowed| refusal(&[("ALLOWED_PAYEE_FSPS", allowed)], offer("0", "0"));
        assert_eq!(payee("thirdbank, otherbank"), None);
        assert_eq!(payee("thirdbank"), Some(ErrorCode::PayerRejected));
        assert_eq!(payee("otherban"), Some(ErrorCode::PayerRejected));

        let mut unknown = offer("0", "0");
        unknown.payee.fsp_id = None;
        let refused = refusal(&[("ALLOWED_PAYEE_FSPS", "otherbank")], unknown);
        assert_eq!(refused, Some(ErrorCode::PayerRejected));
    }

    #[test]
    fn a_name_that_is_given_has_to_be_the_payees() {
        let limits = read(&[]).unwrap();
        let check = |name| limits.check(&request(Some(name)), &offer("0", "0"));
        assert_eq!(check("awa ceesay"), Ok(()));
        assert_eq!(
            check("Fatou Ceesay").unwrap_err().code,
            ErrorCode::PayerRejected
        );

        let mut nameless = offer("0", "0");
        nameless.payee.name = None;
        let refused = limits.check(&request(Some("Awa Ceesay")), &nameless);
        assert_eq!(refused.unwrap_err().code, ErrorCode::PayerRejected);
    }

    #[test]
    fn limits_that_are_none_are_refused() {
        for (name, value) in [
            ("MAX_PAYMENT_TOTAL", "-1"),
            ("MAX_PAYER_FEE", "a little"),
            ("MAX_PAYER_FEE_PERCENT", "101"),
            ("MAX_PAYEE_FEE_PERCENT", "-1"),
        ] {
            let problems = read(&[(name, value)]).unwrap_err().to_string();
            let name = variable_name(name, amount("0").currency());
            assert!(problems.contains(&format!("- {name} ")), "{problems}");
        }
    }
}
