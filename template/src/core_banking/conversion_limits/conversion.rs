//! Which conversions this bank offers its customers.
//!
//! The payee's currency is another one than the payer's, so an FXP of the
//! scheme converts, at a rate and for charges of its own choosing. The
//! connector compares them with these limits before it agrees to anything. What
//! is worse is not offered, and no money is held.

use std::{collections::BTreeSet, time::Duration};

use rust_decimal::Decimal;

use crate::{
    domain::{
        amount::Amount,
        conversion_offer::{ConversionOffer, minor_units},
        currency::Currency,
        error::{ErrorCode, PaymentError},
        timestamp::Timestamp,
    },
    environment::{
        Variables,
        currencies::{Currencies, PerCurrency},
    },
};

/// Rates and percentages have no more decimals, so that they can be compared
/// exactly.
const MAX_DECIMALS: u32 = 8;

/// What is configured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The FXPs that may convert.
    providers: BTreeSet<String>,
    rates: Vec<ReferenceRate>,
    /// By how much a rate may be worse than the reference.
    tolerance_percent: Decimal,
    charges: PerCurrency<ChargeLimit>,
    /// How long an offer has to be valid when it is made.
    least_validity: Duration,
}

/// How much of the target currency one unit of the source currency buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ReferenceRate {
    source: Currency,
    target: Currency,
    rate: Decimal,
}

/// A fixed part, and a share of what the payer's bank pays.
#[derive(Debug, Clone, Copy)]
struct ChargeLimit {
    fixed: Amount,
    percent: Decimal,
}

impl Settings {
    pub fn read(variables: &mut Variables, currencies: Option<&Currencies>) -> Option<Self> {
        let providers = variables.text_or("CONVERSION_PROVIDERS", "");
        let providers = providers.split(',').map(|name| name.trim().to_owned());
        let providers = providers.filter(|name| !name.is_empty()).collect();
        let rates = read_rates(variables, currencies);
        let tolerance_percent = read_percent(variables, "CONVERSION_RATE_TOLERANCE_PERCENT", "1");
        let charges = PerCurrency::read(variables, currencies, ChargeLimit::read);
        let least_validity = variables.milliseconds("CONVERSION_LEAST_VALIDITY_MS", "5000");
        Some(Self {
            providers,
            rates: rates?,
            tolerance_percent: tolerance_percent?,
            charges: charges?,
            least_validity: least_validity?,
        })
    }
}

impl ChargeLimit {
    fn read(
        variables: &mut Variables,
        name: &dyn Fn(&str) -> String,
        currency: Option<Currency>,
    ) -> Option<Self> {
        let fixed = variables.amount(&name("MAX_CONVERSION_CHARGE"), "0", currency);
        let percent = read_percent(variables, &name("MAX_CONVERSION_CHARGE_PERCENT"), "0");
        Some(Self {
            fixed: fixed?,
            percent: percent?,
        })
    }
}

fn read_percent(variables: &mut Variables, name: &str, default: &str) -> Option<Decimal> {
    let percent: Decimal = variables.parsed(name, default)?;
    let in_range = !percent.is_sign_negative() && percent <= Decimal::ONE_HUNDRED;
    if !in_range || percent.scale() > MAX_DECIMALS {
        variables.problem(name, "is not usable: it is a number from 0 to 100");
        return None;
    }
    Some(percent)
}

fn read_rates(
    variables: &mut Variables,
    currencies: Option<&Currencies>,
) -> Option<Vec<ReferenceRate>> {
    let name = "CONVERSION_RATES";
    let mut rates: Vec<ReferenceRate> = Vec::new();
    let mut is_usable = true;
    let texts = variables.text_or(name, "");
    for text in texts.split(',').map(str::trim) {
        if text.is_empty() {
            continue;
        }
        let problem = match ReferenceRate::parse(text) {
            None => Some("has a rate that is not written like KES/UGX:28.5".to_owned()),
            Some(rate)
                if rates
                    .iter()
                    .any(|known| known.is_of(rate.source, rate.target)) =>
            {
                Some(format!("has two rates of {}/{}", rate.source, rate.target))
            }
            Some(rate) if !keeps_accounts(currencies, rate.source) => Some(format!(
                "has a rate of {}, in which there are no accounts here",
                rate.source
            )),
            Some(rate) => {
                rates.push(rate);
                None
            }
        };
        if let Some(problem) = problem {
            variables.problem(name, &problem);
            is_usable = false;
        }
    }
    is_usable.then_some(rates)
}

/// Currencies that cannot be read are a problem of their own.
fn keeps_accounts(currencies: Option<&Currencies>, source: Currency) -> bool {
    currencies.is_none_or(|currencies| currencies.all().any(|currency| currency == source))
}

impl ReferenceRate {
    /// `KES/UGX:28.5`: one KES buys 28.5 UGX.
    fn parse(text: &str) -> Option<Self> {
        let (pair, rate) = text.split_once(':')?;
        let (source, target) = pair.split_once('/')?;
        let (source, target) = (source.trim().parse().ok()?, target.trim().parse().ok()?);
        let rate: Decimal = rate.trim().parse().ok()?;
        let rate = rate.normalize();
        let is_rate = rate > Decimal::ZERO && rate.scale() <= MAX_DECIMALS;
        (source != target && is_rate).then_some(Self {
            source,
            target,
            rate,
        })
    }

    fn is_of(&self, source: Currency, target: Currency) -> bool {
        (self.source, self.target) == (source, target)
    }

    /// Whether the target is at least what the source buys at this rate, less
    /// the tolerance. Whole numbers alone are compared, so nothing is rounded;
    /// `None` if they are too large for that.
    fn is_kept(&self, source: Amount, target: Amount, tolerance_percent: Decimal) -> Option<bool> {
        let least_percent = (Decimal::ONE_HUNDRED - tolerance_percent).normalize();
        let decimals = |currency: Currency| 10_i128.checked_pow(currency.minor_units());
        let given = minor_units(target)
            .checked_mul(100)?
            .checked_mul(decimals(self.source)?)?
            .checked_mul(10_i128.checked_pow(self.rate.scale() + least_percent.scale())?)?;
        let wanted = minor_units(source)
            .checked_mul(self.rate.mantissa())?
            .checked_mul(least_percent.mantissa())?
            .checked_mul(decimals(self.target)?)?;
        Some(given >= wanted)
    }
}

/// Which conversions this bank offers its customers.
#[derive(Debug, Clone)]
pub struct ConversionLimits(Settings);

impl ConversionLimits {
    pub fn new(settings: Settings) -> Self {
        Self(settings)
    }

    /// Refuses a payment between currencies that no rate is known of.
    pub fn check_pair(&self, source: Currency, target: Currency) -> Result<(), PaymentError> {
        self.rate_of(source, target).map(|_| ())
    }

    /// Refuses a conversion that is not within the limits, or that is part of
    /// terms that expire too early.
    pub fn check(
        &self,
        conversion: &ConversionOffer,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        let (source, target) = (conversion.source(), conversion.target());
        let rate = self.rate_of(source.currency(), target.currency())?;
        if !self.0.providers.contains(conversion.provider()) {
            return Err(PaymentError::new(
                ErrorCode::PayerRejected,
                "conversions by this provider are not allowed",
            ));
        }
        if rate.is_kept(source, target, self.0.tolerance_percent) != Some(true) {
            return Err(exceeded("the rate of the conversion is worse than allowed"));
        }
        if !self.allows(conversion)? {
            return Err(exceeded("the FXP charges more than allowed"));
        }
        if expires_at < now.after(self.0.least_validity) {
            return Err(PaymentError::new(
                ErrorCode::QuoteExpired,
                "the terms of the conversion expire too early",
            ));
        }
        Ok(())
    }

    fn rate_of(&self, source: Currency, target: Currency) -> Result<ReferenceRate, PaymentError> {
        let mut rates = self.0.rates.iter();
        let rate = rates.find(|rate| rate.is_of(source, target));
        rate.copied().ok_or_else(|| {
            PaymentError::new(
                ErrorCode::CurrencyRefused,
                "there are no conversions between these currencies here",
            )
        })
    }

    fn allows(&self, conversion: &ConversionOffer) -> Result<bool, PaymentError> {
        let source = conversion.source();
        let limit = self.0.charges.of(source.currency())?;
        let Ok(charged) = conversion.charged() else {
            return Ok(false);
        };
        let share = source.value() * limit.percent / Decimal::ONE_HUNDRED;
        Ok(charged.value() <= limit.fixed.value() + share)
    }
}

fn exceeded(message: &str) -> PaymentError {
    PaymentError::new(ErrorCode::PayerLimit, message)
}

#[cfg(test)]
mod tests;
