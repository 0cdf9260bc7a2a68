use super::*;
use crate::sandbox::bank::{
    Refusal,
    books::example::{account, books, kes, transfer},
    ledger::HeldMoney,
    seed::read_table,
};

#[test]
fn the_float_pays_no_more_than_it_has() {
    let mut books = books();
    let mut hold = |amount: &str| {
        let money = HeldMoney {
            account: account("float"),
            amount: kes(amount).value(),
        };
        let kept = books.keep_open("r", transfer("1", "2", "1"), Some(money));
        kept.map_err(Refusal::by_funding_account)
    };
    assert_eq!(hold("1000.01"), Err(Refusal::InsufficientLiquidity));
    assert_eq!(hold("1000"), Ok(()));
    assert_eq!(hold("0.01"), Err(Refusal::InsufficientLiquidity));
}

#[test]
fn a_seed_names_the_float_and_says_what_is_on_it() {
    let kes: Option<Currency> = "KES".parse().ok();
    let (funding, problems) = read_table(example::SEED, |bank| Funding::read(bank, kes));
    assert!(problems.is_empty(), "{problems:?}");
    let funding = funding.unwrap();
    let [(number, kind, balance)] = funding.accounts()[..] else {
        panic!("one account is the float");
    };
    assert_eq!(number.as_str(), example::PAYS_PAYEES);
    assert_eq!(balance, example::TOTAL.into());
    assert!(kind.funds_payments() && !kind.may_be_overdrawn());
    assert_eq!(funding.variables().len(), 1);

    for (seed, wrong) in [("", 2), ("float_account = \"f\"\nfloat_balance = 1.5", 1)] {
        let (funding, problems) = read_table(seed, |bank| Funding::read(bank, kes));
        assert!(funding.is_none());
        assert_eq!(problems.len(), wrong, "{problems:?}");
    }
}
