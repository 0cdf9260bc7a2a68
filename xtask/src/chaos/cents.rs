//! Amounts of a currency with two decimals, exactly.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub},
};

use anyhow::{Context, Result, ensure};

/// Hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Cents(i64);

impl Cents {
    pub const ZERO: Self = Self(0);

    pub fn new(cents: i64) -> Self {
        Self(cents)
    }

    pub fn parse(text: &str) -> Result<Self> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        ensure!(
            !whole.is_empty() && part.len() <= 2 && is_number(whole) && is_number(part),
            "{text:?} is not an amount"
        );
        let whole: i64 = whole.parse().with_context(|| format!("{text:?}"))?;
        let part: i64 = format!("{part:0<2}").parse()?;
        Ok(Self(sign * (whole * 100 + part)))
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.abs() / 100, self.0.abs() % 100);
        match part {
            0 => write!(formatter, "{sign}{whole}"),
            part if part % 10 == 0 => write!(formatter, "{sign}{whole}.{}", part / 10),
            part => write!(formatter, "{sign}{whole}.{part:02}"),
        }
    }
}

impl Add for Cents {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Cents {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Cents {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Cents {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sum for Cents {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_to_the_cent() {
        for text in ["0", "12", "12.5", "12.05", "-12.34", "-0.07"] {
            assert_eq!(Cents::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Cents::parse("1.50").unwrap(), Cents::new(150));
        for text in ["", "1.234", "1,5", ".5", "1e3", "--1"] {
            assert!(Cents::parse(text).is_err(), "{text}");
        }
    }
}
