use crate::sandbox::bank::{
    Refusal, Seed,
    books::example::{account, books, kes, transfer},
    ledger::HeldMoney,
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
    let problems = Seed::parse("currency = \"KES\"\nfee_account = \"fees\"\nfloat_balance = 1.5");
    let problems = problems.unwrap_err().to_string();
    for expected in [
        "bank: float_account is missing",
        "bank: float_balance is a whole number, or a text such as \"12.50\"",
    ] {
        assert!(problems.contains(expected), "{problems}");
    }
}
