use proptest::prelude::*;

use super::*;
use crate::{
    domain::conversion_offer::{ConversionCharge, ConversionTerms},
    environment::{Problems, currencies::variable_name},
};

/// The connector's own currency, whatever the connector is.
fn own() -> Currency {
    Currencies::read(&mut Variables::of(&|_| None))
        .unwrap()
        .first()
}

/// One that there are no accounts in.
fn foreign() -> Currency {
    let own = Currencies::read(&mut Variables::of(&|_| None)).unwrap();
    let codes = ["TND", "UGX", "BHD", "JPY", "MRU", "XPF", "ISK", "PYG"];
    let mut currencies = codes.into_iter().map(|code| code.parse().unwrap());
    currencies
        .find(|foreign| own.all().all(|own| own != *foreign))
        .unwrap()
}

fn of(value: &str, currency: Currency) -> Amount {
    Amount::parse(value, currency).unwrap()
}

fn read(variables: &[(&str, &str)]) -> Result<ConversionLimits, Problems> {
    let variable = |name: &str| {
        let found = variables
            .iter()
            .find(|(known, _)| *known == name || variable_name(known, own()) == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let mut variables = Variables::of(&variable);
    let currencies = Currencies::read(&mut variables);
    let settings = Settings::read(&mut variables, currencies.as_ref());
    variables.finish(settings).map(ConversionLimits::new)
}

/// The limits of these tests: 28 for one, 2 % tolerance, and a little charge.
fn limits(more: &[(&str, &str)]) -> ConversionLimits {
    let rates = format!("{}/{}:28", own(), foreign());
    let usual = [
        ("CONVERSION_PROVIDERS", "fxp1, fxp2"),
        ("CONVERSION_RATES", rates.as_str()),
        ("CONVERSION_RATE_TOLERANCE_PERCENT", "2"),
        ("MAX_CONVERSION_CHARGE", "3"),
        ("MAX_CONVERSION_CHARGE_PERCENT", "1"),
        ("CONVERSION_LEAST_VALIDITY_MS", "5000"),
    ];
    read(&[more, &usual].concat()).unwrap()
}

/// 1000 for 28000, less or more.
fn terms() -> ConversionTerms {
    ConversionTerms {
        conversion_id: "01M7ZY3T8Y9H8BB2YK1F0BHK4E".parse().unwrap(),
        provider: "fxp1".to_owned(),
        source: of("1000", own()),
        target: of("28000", foreign()),
        charges: Vec::new(),
        expires_at: Timestamp::from_milliseconds(60_000),
    }
}

fn charged(text: &str) -> ConversionTerms {
    ConversionTerms {
        charges: vec![ConversionCharge {
            source: Some(of(text, own())),
            target: None,
        }],
        ..terms()
    }
}

fn refusal(limits: &ConversionLimits, terms: ConversionTerms) -> Option<ErrorCode> {
    let conversion = ConversionOffer::try_from(terms).unwrap();
    let now = Timestamp::from_milliseconds(0);
    let checked = limits.check(&conversion, conversion.expires_at(), now);
    checked.err().map(|error| error.code)
}

#[test]
fn a_rate_may_be_worse_by_the_tolerance_and_not_by_one_minor_unit_more() {
    for (target, expected) in [
        ("30000", None),
        ("28000", None),
        ("27440", None),
        ("27439", Some(ErrorCode::PayerLimit)),
    ] {
        let target = of(target, foreign());
        let conversion = ConversionTerms { target, ..terms() };
        assert_eq!(refusal(&limits(&[]), conversion), expected, "{target}");
    }
}

#[test]
fn only_fxps_that_are_allowed_convert() {
    for (provider, expected) in [
        ("fxp2", None),
        ("fxp3", Some(ErrorCode::PayerRejected)),
        ("fxp", Some(ErrorCode::PayerRejected)),
    ] {
        let provider = provider.to_owned();
        let conversion = ConversionTerms {
            provider,
            ..terms()
        };
        assert_eq!(refusal(&limits(&[]), conversion), expected);
    }
}

#[test]
fn nobody_is_allowed_and_no_rate_is_known_before_that_is_configured() {
    let unset = read(&[]).unwrap();
    assert_eq!(refusal(&unset, terms()), Some(ErrorCode::CurrencyRefused));
    let refused = unset.check_pair(own(), foreign()).unwrap_err();
    assert_eq!(refused.code, ErrorCode::CurrencyRefused);

    let nobody = limits(&[("CONVERSION_PROVIDERS", ",")]);
    assert_eq!(refusal(&nobody, terms()), Some(ErrorCode::PayerRejected));
}

#[test]
fn the_rate_of_one_direction_says_nothing_of_the_other() {
    let limits = limits(&[]);
    assert_eq!(limits.check_pair(own(), foreign()), Ok(()));
    assert!(limits.check_pair(foreign(), own()).is_err());
}

#[test]
fn charges_may_reach_the_fixed_part_and_the_share_together() {
    assert_eq!(refusal(&limits(&[]), charged("13")), None);
    let refused = refusal(&limits(&[]), charged("14"));
    assert_eq!(refused, Some(ErrorCode::PayerLimit));
    let none_allowed = [
        ("MAX_CONVERSION_CHARGE", ""),
        ("MAX_CONVERSION_CHARGE_PERCENT", ""),
    ];
    let refused = refusal(&limits(&none_allowed), charged("1"));
    assert_eq!(refused, Some(ErrorCode::PayerLimit));
}

#[test]
fn terms_have_to_be_valid_for_a_while() {
    for (milliseconds, expected) in [
        (5_000, None),
        (4_999, Some(ErrorCode::QuoteExpired)),
        (-1, Some(ErrorCode::QuoteExpired)),
    ] {
        let expires_at = Timestamp::from_milliseconds(milliseconds);
        let conversion = ConversionTerms {
            expires_at,
            ..terms()
        };
        assert_eq!(refusal(&limits(&[]), conversion), expected);
    }
}

#[test]
fn limits_that_are_none_are_refused() {
    let (own, foreign) = (own(), foreign());
    let rates = [
        format!("{own}/{foreign}"),
        format!("{own}/{foreign}:0"),
        format!("{own}/{foreign}:-1"),
        format!("{own}/{foreign}:1.123456789"),
        format!("{own}/{own}:1"),
        format!("{own}/XXX:1"),
        format!("{foreign}/{own}:1"),
        format!("{own}/{foreign}:1,{own}/{foreign}:2"),
    ];
    for rate in &rates {
        let problems = read(&[("CONVERSION_RATES", rate)]).unwrap_err().to_string();
        assert!(problems.contains("- CONVERSION_RATES "), "{problems}");
    }
    for (name, value) in [
        ("CONVERSION_RATE_TOLERANCE_PERCENT", "-1"),
        ("CONVERSION_RATE_TOLERANCE_PERCENT", "101"),
        ("CONVERSION_LEAST_VALIDITY_MS", "0"),
    ] {
        let problems = read(&[(name, value)]).unwrap_err().to_string();
        assert!(problems.contains(&format!("- {name} ")), "{problems}");
    }
    for (name, value) in [
        ("MAX_CONVERSION_CHARGE", "-1"),
        ("MAX_CONVERSION_CHARGE_PERCENT", "a little"),
    ] {
        let problems = read(&[(name, value)]).unwrap_err().to_string();
        let name = variable_name(name, own);
        assert!(problems.contains(&format!("- {name} ")), "{problems}");
    }
}

/// Currencies of 0, 2 and 3 decimals.
fn currency() -> impl Strategy<Value = Currency> {
    let code = prop_oneof![Just("UGX"), Just("KES"), Just("TND")];
    code.prop_map(|code| code.parse().unwrap())
}

fn minor(units: u64, currency: Currency) -> Amount {
    let value = Decimal::from_i128_with_scale(i128::from(units), currency.minor_units());
    Amount::new(value, currency).unwrap()
}

/// The smallest number of minor units that is not worse than allowed, worked
/// out with fractions: source * rate * (1 - tolerance), rounded up.
fn least_target(source: u64, rate: u64, tolerance: u32, decimals: [u32; 2]) -> u64 {
    let [source_decimals, target_decimals] = decimals;
    // The rate has 4 decimals and the tolerance 2, of a hundred.
    let above = u128::from(source)
        * u128::from(rate)
        * u128::from(10_000 - tolerance)
        * 10_u128.pow(target_decimals);
    let below = 10_u128.pow(source_decimals + 4 + 4);
    u64::try_from(above.div_ceil(below)).unwrap()
}

proptest! {
    #[test]
    fn no_rate_is_accepted_that_is_worse_by_a_minor_unit(
        (source_currency, target_currency) in (currency(), currency()),
        source in 1_u64..1_000_000_000_000,
        rate in 1_u64..100_000_000,
        tolerance in 0_u32..10_000,
    ) {
        let reference = ReferenceRate {
            source: source_currency,
            target: target_currency,
            rate: Decimal::from_i128_with_scale(i128::from(rate), 4).normalize(),
        };
        let tolerance_percent = Decimal::from_i128_with_scale(i128::from(tolerance), 2);
        let decimals = [source_currency, target_currency].map(Currency::minor_units);
        let least = least_target(source, rate, tolerance, decimals);
        let is_kept = |target| {
            let (source, target) = (minor(source, source_currency), minor(target, target_currency));
            reference.is_kept(source, target, tolerance_percent)
        };
        prop_assume!(least < 1_000_000_000_000_000_000);
        prop_assert_eq!(is_kept(least), Some(true));
        prop_assert_eq!(is_kept(least + 1), Some(true));
        if least > 0 {
            prop_assert_eq!(is_kept(least - 1), Some(false));
        }
    }

    #[test]
    fn a_charge_in_the_payees_currency_never_counts_for_less(
        target in 1_u64..1_000_000_000,
        source in 1_u64..1_000_000_000,
        charge in 0_u64..1_000_000_000,
    ) {
        let conversion = ConversionOffer::try_from(ConversionTerms {
            source: minor(source, own()),
            target: minor(target, foreign()),
            charges: vec![ConversionCharge {
                    source: None,
                target: Some(minor(charge, foreign())),
            }],
            ..terms()
        }).unwrap();
        let counted = minor_units(conversion.charged().unwrap());
        let [source, target, charge] = [source, target, charge].map(i128::from);
        prop_assert!(counted * target >= charge * source);
        prop_assert!((counted - 1) * target < charge * source);
    }
}

#[test]
fn amounts_too_large_to_compare_are_refused() {
    let reference = ReferenceRate {
        source: "TND".parse().unwrap(),
        target: "TND".parse().unwrap(),
        rate: "99999999.99999999".parse().unwrap(),
    };
    let most = of("999999999999999999.999", reference.source);
    assert_eq!(
        reference.is_kept(most, most, "0.00000001".parse().unwrap()),
        None
    );
}
