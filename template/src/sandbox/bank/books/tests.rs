use proptest::prelude::*;

use super::*;

/// Customers 1 (100, receives from 2), 2 (500), 3 (limit 50), 4 (90 of at most
/// 100), 5 (blocked), 6 (closed); a float of 1000.
fn books() -> Books {
    let seed = r#"
        currency = "KES"
        float_account = "float"
        float_balance = 1000
        fee_account = "fees"
        customers = [
            { account = "1", identifiers = ["MSISDN 254700000001", "ALIAS payee"], balance = 100 },
            { account = "2", identifiers = ["MSISDN 254700000002"], balance = 500 },
            { account = "3", identifiers = ["ALIAS careful"], balance = 500, transaction_limit = 50 },
            { account = "4", identifiers = ["ALIAS full"], balance = 90, maximum_balance = 100 },
            { account = "5", identifiers = ["ALIAS blocked"], balance = 500, status = "blocked" },
            { account = "6", identifiers = ["ALIAS closed"], balance = 500, status = "closed" },
        ]
    "#;
    Books::new(Seed::parse(seed).unwrap())
}

fn kes(amount: &str) -> Amount {
    Amount::parse(amount, "KES".parse().unwrap()).unwrap()
}

fn account(number: &str) -> AccountNumber {
    AccountNumber::new(number)
}

fn credit(payee: &str, transfer_amount: &str) -> ReserveCredit {
    ReserveCredit {
        account: account(payee),
        funding_account: account("float"),
        transfer_amount: kes(transfer_amount),
        payee_receives: kes(transfer_amount),
        fee: kes("0"),
        commission: kes("0"),
    }
}

fn reserve(payee: &str, transfer_amount: &str) -> Order {
    Order::ReserveCredit(credit(payee, transfer_amount))
}

fn commit(reservation: &str) -> Order {
    Order::CommitCredit {
        reservation: reservation.to_owned(),
    }
}

fn release_credit(reservation: &str) -> Order {
    Order::ReleaseCredit {
        reservation: reservation.to_owned(),
    }
}

fn hold(payer: &str, amount: &str) -> Order {
    Order::Hold(HoldFunds {
        account: account(payer),
        amount: kes(amount),
    })
}

fn capture(hold: &str, transfer_amount: &str, fee: &str) -> Order {
    Order::Capture {
        hold: hold.to_owned(),
        terms: CaptureTerms {
            funding_account: account("float"),
            transfer_amount: kes(transfer_amount),
            fee: kes(fee),
        },
    }
}

fn release_hold(hold: &str) -> Order {
    Order::ReleaseHold {
        hold: hold.to_owned(),
    }
}

fn instruct(books: &mut Books, reference: &str, order: Order) -> Answer {
    let reference = reference.to_owned();
    books.instruct(Instruction { reference, order }, false)
}

fn instruct_forgetful(books: &mut Books, reference: &str, order: Order) -> Answer {
    let reference = reference.to_owned();
    books.instruct(Instruction { reference, order }, true)
}

/// Balance and available, as text.
fn funds(books: &Books, number: &str) -> (String, String) {
    let report = books.report();
    let account = report.account(number).unwrap();
    (account.balance.to_string(), account.available.to_string())
}

fn two(balance: &str, available: &str) -> (String, String) {
    (balance.to_owned(), available.to_owned())
}

/// Tells an untouched bank, and expects the refusal and a bank still untouched.
fn assert_refused(order: Order, refusal: Refusal) {
    let mut books = books();
    let before = books.report();
    let described = format!("{order:?}");
    assert_eq!(
        instruct(&mut books, "r", order),
        Err(refusal),
        "{described}"
    );
    assert_eq!(books.report(), before, "{described}");
    assert_eq!(books.enquire("r"), Some(&Err(refusal)), "{described}");
}

#[test]
fn the_books_balance_from_the_start() {
    let report = books().report();
    assert!(report.balanced);
    assert_eq!(report.account("1").unwrap().balance, 100.into());
    assert_eq!(report.account("float").unwrap().balance, 1000.into());
    assert_eq!(
        report.account(OPENING_ACCOUNT).unwrap().balance,
        (-3190).into()
    );
    assert_eq!(report.postings.len(), 1);
}

#[test]
fn an_incoming_payment_is_held_on_the_float_and_then_paid() {
    let mut books = books();
    let order = Order::ReserveCredit(ReserveCredit {
        payee_receives: kes("48.5"),
        fee: kes("2"),
        commission: kes("0.5"),
        ..credit("1", "50")
    });
    instruct(&mut books, "reserve", order).unwrap();
    assert_eq!(funds(&books, "float"), two("1000", "950"));
    assert_eq!(funds(&books, "1"), two("100", "100"));
    assert_eq!(books.report().open_holds[0].reference, "reserve");

    instruct(&mut books, "commit", commit("reserve")).unwrap();
    assert_eq!(funds(&books, "float"), two("950", "950"));
    assert_eq!(funds(&books, "1"), two("148.5", "148.5"));
    assert_eq!(funds(&books, "fees"), two("1.5", "1.5"));
    let report = books.report();
    assert!(report.balanced && report.open_holds.is_empty());
    assert_eq!(report.postings_of("commit").len(), 1);
    assert!(report.postings_of("reserve").is_empty());
}

#[test]
fn a_commission_above_the_fee_is_paid_from_what_the_bank_earned() {
    let mut books = books();
    let order = Order::ReserveCredit(ReserveCredit {
        payee_receives: kes("51"),
        commission: kes("1"),
        ..credit("1", "50")
    });
    instruct(&mut books, "reserve", order).unwrap();
    instruct(&mut books, "commit", commit("reserve")).unwrap();
    assert_eq!(funds(&books, "fees"), two("-1", "-1"));
    assert!(books.report().balanced);
}

#[test]
fn a_released_credit_frees_the_float_and_posts_nothing() {
    let mut books = books();
    instruct(&mut books, "reserve", reserve("1", "50")).unwrap();
    instruct(&mut books, "release", release_credit("reserve")).unwrap();
    assert_eq!(funds(&books, "float"), two("1000", "1000"));
    assert_eq!(books.report().postings.len(), 1);
}

#[test]
fn an_outgoing_payment_is_held_and_then_taken_with_its_fee() {
    let mut books = books();
    instruct(&mut books, "hold", hold("2", "102.5")).unwrap();
    assert_eq!(funds(&books, "2"), two("500", "397.5"));
    instruct(&mut books, "capture", capture("hold", "100", "2.5")).unwrap();
    assert_eq!(funds(&books, "2"), two("397.5", "397.5"));
    assert_eq!(funds(&books, "float"), two("1100", "1100"));
    assert_eq!(funds(&books, "fees"), two("2.5", "2.5"));
    assert!(books.report().balanced);
}

#[test]
fn a_released_hold_gives_the_payer_everything_back() {
    let mut books = books();
    instruct(&mut books, "hold", hold("2", "500")).unwrap();
    instruct(&mut books, "release", release_hold("hold")).unwrap();
    assert_eq!(funds(&books, "2"), two("500", "500"));
    assert_eq!(books.report().postings.len(), 1);
}

#[test]
fn a_credit_that_cannot_be_paid_is_refused_when_it_is_reserved() {
    assert_refused(reserve("9", "1"), Refusal::UnknownAccount);
    assert_refused(reserve("float", "1"), Refusal::UnknownAccount);
    assert_refused(reserve("5", "1"), Refusal::AccountBlocked);
    assert_refused(reserve("6", "1"), Refusal::AccountClosed);
    assert_refused(reserve("3", "50.01"), Refusal::LimitExceeded);
    assert_refused(reserve("4", "10.01"), Refusal::LimitExceeded);
    assert_refused(reserve("1", "1000.01"), Refusal::InsufficientLiquidity);
    assert_refused(reserve("1", "0"), Refusal::Malformed);
    let shillings_of_uganda = Amount::parse("1", "UGX".parse().unwrap()).unwrap();
    let refused = [
        (
            ReserveCredit {
                funding_account: account("2"),
                ..credit("1", "1")
            },
            Refusal::UnknownFundingAccount,
        ),
        (
            ReserveCredit {
                fee: kes("0.01"),
                ..credit("1", "1")
            },
            Refusal::Malformed,
        ),
        (
            ReserveCredit {
                payee_receives: kes("0"),
                fee: kes("1"),
                ..credit("1", "1")
            },
            Refusal::Malformed,
        ),
        (
            ReserveCredit {
                transfer_amount: shillings_of_uganda,
                payee_receives: shillings_of_uganda,
                ..credit("1", "1")
            },
            Refusal::CurrencyNotSupported,
        ),
    ];
    for (credit, refusal) in refused {
        assert_refused(Order::ReserveCredit(credit), refusal);
    }
}

#[test]
fn a_hold_that_cannot_be_taken_is_refused() {
    assert_refused(hold("9", "1"), Refusal::UnknownAccount);
    assert_refused(hold("fees", "1"), Refusal::UnknownAccount);
    assert_refused(hold("5", "1"), Refusal::AccountBlocked);
    assert_refused(hold("6", "1"), Refusal::AccountClosed);
    assert_refused(hold("3", "50.01"), Refusal::LimitExceeded);
    assert_refused(hold("2", "500.01"), Refusal::InsufficientFunds);
    assert_refused(hold("2", "0"), Refusal::Malformed);
    let order = Order::Hold(HoldFunds {
        account: account("2"),
        amount: Amount::parse("1", "UGX".parse().unwrap()).unwrap(),
    });
    assert_refused(order, Refusal::CurrencyNotSupported);
}

#[test]
fn what_was_never_reserved_or_held_cannot_be_settled_or_released() {
    assert_refused(commit("nothing"), Refusal::UnknownReservation);
    assert_refused(release_credit("nothing"), Refusal::UnknownReservation);
    assert_refused(capture("nothing", "1", "0"), Refusal::UnknownHold);
    assert_refused(release_hold("nothing"), Refusal::UnknownHold);
}

#[test]
fn a_reserved_credit_is_not_a_hold_on_a_payer_and_a_hold_is_not_a_credit() {
    let mut books = books();
    instruct(&mut books, "reserve", reserve("1", "50")).unwrap();
    instruct(&mut books, "hold", hold("2", "50")).unwrap();
    for (reference, order, refusal) in [
        ("a", commit("hold"), Refusal::UnknownReservation),
        ("b", release_credit("hold"), Refusal::UnknownReservation),
        ("c", capture("reserve", "50", "0"), Refusal::UnknownHold),
        ("d", release_hold("reserve"), Refusal::UnknownHold),
    ] {
        assert_eq!(instruct(&mut books, reference, order), Err(refusal));
    }
}

#[test]
fn what_was_settled_or_released_stays_so() {
    let mut books = books();
    for (reference, order) in [
        ("reserve-1", reserve("1", "5")),
        ("commit-1", commit("reserve-1")),
        ("reserve-2", reserve("1", "5")),
        ("release-2", release_credit("reserve-2")),
        ("hold-1", hold("2", "5")),
        ("capture-1", capture("hold-1", "5", "0")),
        ("hold-2", hold("2", "5")),
        ("release-hold-2", release_hold("hold-2")),
    ] {
        instruct(&mut books, reference, order).unwrap();
    }
    let before = books.report();
    for (reference, order, refusal) in [
        ("a", commit("reserve-1"), Refusal::ReservationCommitted),
        (
            "b",
            release_credit("reserve-1"),
            Refusal::ReservationCommitted,
        ),
        ("c", commit("reserve-2"), Refusal::ReservationReleased),
        (
            "d",
            release_credit("reserve-2"),
            Refusal::ReservationReleased,
        ),
        ("e", capture("hold-1", "5", "0"), Refusal::HoldCaptured),
        ("f", release_hold("hold-1"), Refusal::HoldCaptured),
        ("g", capture("hold-2", "5", "0"), Refusal::HoldReleased),
        ("h", release_hold("hold-2"), Refusal::HoldReleased),
    ] {
        assert_eq!(
            instruct(&mut books, reference, order),
            Err(refusal),
            "{reference}"
        );
    }
    assert_eq!(books.report(), before);
}

#[test]
fn a_capture_takes_exactly_what_is_held() {
    let mut books = books();
    instruct(&mut books, "hold", hold("2", "100")).unwrap();
    for (reference, transfer_amount, fee) in [("a", "99", "0"), ("b", "100", "1")] {
        assert_eq!(
            instruct(&mut books, reference, capture("hold", transfer_amount, fee)),
            Err(Refusal::AmountDiffersFromHold)
        );
    }
    let elsewhere = Order::Capture {
        hold: "hold".to_owned(),
        terms: CaptureTerms {
            funding_account: account("1"),
            transfer_amount: kes("100"),
            fee: kes("0"),
        },
    };
    assert_eq!(
        instruct(&mut books, "c", elsewhere),
        Err(Refusal::UnknownFundingAccount)
    );
    assert_eq!(funds(&books, "2"), two("500", "400"));
}

#[test]
fn an_account_blocked_or_closed_since_is_not_credited_but_its_hold_is_captured() {
    let mut books = books();
    instruct(&mut books, "reserve", reserve("1", "50")).unwrap();
    instruct(&mut books, "hold", hold("1", "50")).unwrap();
    let payee = account("1");
    for (status, refusal) in [
        (AccountStatus::Blocked, Refusal::AccountBlocked),
        (AccountStatus::Closed, Refusal::AccountClosed),
    ] {
        books.set_status(&payee, status).unwrap();
        let reference = format!("commit {status:?}");
        assert_eq!(
            instruct(&mut books, &reference, commit("reserve")),
            Err(refusal)
        );
    }
    instruct(&mut books, "capture", capture("hold", "50", "0")).unwrap();
    books.set_status(&payee, AccountStatus::Active).unwrap();
    instruct(&mut books, "commit", commit("reserve")).unwrap();
    assert_eq!(
        books.set_status(&account("9"), AccountStatus::Closed),
        Err(Refusal::UnknownAccount)
    );
}

#[test]
fn credits_that_are_reserved_count_towards_the_maximum_balance() {
    let mut books = books();
    instruct(&mut books, "reserve", reserve("4", "6")).unwrap();
    assert_eq!(
        books.check_credit(&account("4"), kes("4.01")),
        Err(Refusal::LimitExceeded)
    );
    assert_eq!(books.check_credit(&account("4"), kes("4")), Ok(()));
    instruct(&mut books, "release", release_credit("reserve")).unwrap();
    assert_eq!(books.check_credit(&account("4"), kes("10")), Ok(()));
    instruct(&mut books, "reserve again", reserve("4", "6")).unwrap();
    instruct(&mut books, "commit", commit("reserve again")).unwrap();
    assert_eq!(books.check_credit(&account("4"), kes("4")), Ok(()));
}

#[test]
fn a_credit_check_says_what_a_reservation_would_and_moves_nothing() {
    let books = books();
    let before = books.report();
    for (payee, amount, answer) in [
        ("1", "10", Ok(())),
        ("9", "10", Err(Refusal::UnknownAccount)),
        ("5", "10", Err(Refusal::AccountBlocked)),
        ("6", "10", Err(Refusal::AccountClosed)),
        ("3", "51", Err(Refusal::LimitExceeded)),
        ("4", "11", Err(Refusal::LimitExceeded)),
        ("1", "0", Err(Refusal::Malformed)),
    ] {
        let checked = books.check_credit(&account(payee), kes(amount));
        assert_eq!(checked, answer, "{payee}");
    }
    assert_eq!(books.report(), before);
}

#[test]
fn the_same_instruction_again_is_answered_as_before_and_moves_nothing() {
    let mut books = books();
    for (reference, order) in [
        ("reserve", reserve("1", "50")),
        ("commit", commit("reserve")),
        ("hold", hold("2", "20")),
        ("capture", capture("hold", "20", "0")),
        ("refused", hold("2", "900")),
    ] {
        let first = instruct(&mut books, reference, order.clone());
        let once = books.report();
        assert_eq!(instruct(&mut books, reference, order), first, "{reference}");
        let twice = books.report();
        assert_eq!(
            (twice.accounts, twice.postings, twice.open_holds),
            (once.accounts, once.postings, once.open_holds)
        );
    }
    // The refused one was never acted on.
    assert_eq!(books.report().repeated_instructions, 4);
}

#[test]
fn a_refused_instruction_stays_refused_when_it_would_be_possible_later() {
    let mut books = books();
    instruct(&mut books, "first", hold("2", "500")).unwrap();
    let refused = instruct(&mut books, "second", hold("2", "1"));
    assert_eq!(refused, Err(Refusal::InsufficientFunds));
    instruct(&mut books, "release", release_hold("first")).unwrap();
    assert_eq!(instruct(&mut books, "second", hold("2", "1")), refused);
    assert!(instruct(&mut books, "third", hold("2", "1")).is_ok());
}

#[test]
fn a_reference_stands_for_one_instruction_only() {
    let mut books = books();
    let booked = instruct(&mut books, "r", hold("2", "20"));
    for order in [hold("2", "21"), hold("1", "20"), reserve("1", "20")] {
        assert_eq!(
            instruct(&mut books, "r", order),
            Err(Refusal::ReferenceReused)
        );
    }
    assert_eq!(books.enquire("r"), Some(&booked));
    assert_eq!(funds(&books, "2"), two("500", "480"));
}

#[test]
fn a_forgetful_bank_acts_again_and_still_knows_what_it_did() {
    let mut books = books();
    let first = instruct_forgetful(&mut books, "hold", hold("2", "300"));
    let second = instruct_forgetful(&mut books, "hold", hold("1", "100"));
    assert!(first.is_ok() && second.is_ok() && first != second);
    let report = books.report();
    assert_eq!(report.open_holds.len(), 2);
    assert_eq!(report.repeated_instructions, 1);

    // A third does not fit, which does not undo the first.
    let third = instruct_forgetful(&mut books, "hold", hold("2", "300"));
    assert_eq!(third, Err(Refusal::InsufficientFunds));
    assert_eq!(books.enquire("hold"), Some(&first));

    // Both can be settled.
    let captured = instruct_forgetful(&mut books, "capture", capture("hold", "300", "0"));
    assert!(captured.is_ok());
    let captured = instruct_forgetful(&mut books, "capture", capture("hold", "100", "0"));
    assert!(captured.is_ok());
    let report = books.report();
    assert_eq!(report.postings_of("capture").len(), 2);
    assert!(report.balanced && report.open_holds.is_empty());
}

#[test]
fn a_forgetful_bank_knows_that_it_did_at_last_what_it_had_refused() {
    let mut books = books();
    instruct(&mut books, "other", hold("2", "500")).unwrap();
    instruct_forgetful(&mut books, "hold", hold("2", "1")).unwrap_err();
    instruct(&mut books, "release", release_hold("other")).unwrap();
    let done = instruct_forgetful(&mut books, "hold", hold("2", "1"));
    assert!(done.is_ok());
    assert_eq!(books.enquire("hold"), Some(&done));
}

#[test]
fn a_reference_that_is_none_or_one_instruction_too_many_is_refused_and_not_kept() {
    let mut books = books();
    let long = "x".repeat(MAX_REFERENCE_LENGTH + 1);
    for reference in ["", &long] {
        let answer = instruct(&mut books, reference, hold("2", "1"));
        assert_eq!(answer, Err(Refusal::Malformed));
        assert_eq!(books.enquire(reference), None);
    }
    books.max_instructions = 1;
    let first = instruct(&mut books, "first", hold("2", "1"));
    let second = instruct(&mut books, "second", hold("2", "1"));
    assert_eq!(second, Err(Refusal::SandboxFull));
    assert_eq!(books.enquire("second"), None);
    assert_eq!(instruct(&mut books, "first", hold("2", "1")), first);
}

#[test]
fn a_customer_is_found_by_every_identifier_in_any_form_of_it() {
    let books = books();
    let found = |id_type, value| {
        let customer = books.find_customer(id_type, value);
        customer.map(|customer| customer.account.as_str())
    };
    assert_eq!(found(IdType::Msisdn, "254700000001"), Some("1"));
    assert_eq!(found(IdType::Msisdn, "+254 700 000001"), Some("1"));
    assert_eq!(found(IdType::Alias, "payee"), Some("1"));
    assert_eq!(found(IdType::Email, "payee"), None);
    assert_eq!(found(IdType::Msisdn, "46733123450"), None);
    assert_eq!(found(IdType::Msisdn, "nonsense"), None);
}

#[test]
fn customers_and_the_float_have_a_balance_to_ask_for_and_the_banks_earnings_have_none() {
    let mut books = books();
    instruct(&mut books, "hold", hold("2", "20")).unwrap();
    let balance = books.balance(&account("2")).unwrap();
    assert_eq!(
        (balance.balance, balance.available),
        (kes("500"), kes("480"))
    );
    assert!(books.balance(&account("float")).is_some());
    for number in ["fees", OPENING_ACCOUNT, "9"] {
        assert_eq!(books.balance(&account(number)), None);
    }
}

/// Orders that are possible often enough, and impossible often enough.
fn orders() -> impl Strategy<Value = Order> {
    let reference = "[a-d]";
    let number = prop_oneof![
        4 => "[1-6]",
        1 => Just("float".to_owned()),
        1 => Just("fees".to_owned()),
        1 => Just("9".to_owned()),
    ];
    let amount = (0i64..40_000)
        .prop_map(|minor| Amount::new(Decimal::new(minor, 2), "KES".parse().unwrap()).unwrap());
    let small = (0i64..300)
        .prop_map(|minor| Amount::new(Decimal::new(minor, 2), "KES".parse().unwrap()).unwrap());
    prop_oneof![
        3 => (number.clone(), amount.clone(), small.clone(), small.clone()).prop_map(
            |(number, transfer_amount, fee, commission)| {
                let received = transfer_amount.plus(commission).unwrap().minus(fee);
                Order::ReserveCredit(ReserveCredit {
                    account: AccountNumber::new(number),
                    funding_account: account("float"),
                    transfer_amount,
                    payee_receives: received.unwrap_or(transfer_amount),
                    fee,
                    commission,
                })
            }
        ),
        2 => reference.prop_map(|reservation| Order::CommitCredit { reservation }),
        1 => reference.prop_map(|reservation| Order::ReleaseCredit { reservation }),
        3 => (number, amount.clone()).prop_map(|(number, amount)| {
            Order::Hold(HoldFunds { account: AccountNumber::new(number), amount })
        }),
        1 => reference.prop_map(|hold| Order::ReleaseHold { hold }),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_the_books_balance_and_nobody_spends_what_he_has_not(
        instructions in prop::collection::vec(("[a-h]", orders(), any::<bool>(), 0i64..300), 1..60),
    ) {
        let mut books = books();
        for (reference, order, forgetful, fee) in instructions {
            // Every open hold is captured now and then, exactly as it is.
            if fee < 60
                && let Some(open) = books.report().open_holds.first()
            {
                let fee = Decimal::new(fee, 2).min(open.amount);
                let amount = |value| Amount::new(value, books.currency).unwrap();
                let order = Order::Capture {
                    hold: open.reference.clone(),
                    terms: CaptureTerms {
                        funding_account: account("float"),
                        transfer_amount: amount(open.amount - fee),
                        fee: amount(fee),
                    },
                };
                let reference = format!("capture {reference}");
                let _ = books.instruct(Instruction { reference, order }, forgetful);
            }
            let before = books.report();
            let answer = books.instruct(Instruction { reference, order }, forgetful);
            let after = books.report();
            prop_assert!(after.balanced);
            for one in &after.accounts {
                let may_be_negative = matches!(one.kind, AccountKind::Fees | AccountKind::Opening);
                prop_assert!(may_be_negative || one.available >= Decimal::ZERO, "{one:?}");
                prop_assert!(one.held >= Decimal::ZERO, "{one:?}");
            }
            for record in books.customers.values() {
                prop_assert!(record.pending_credits >= Decimal::ZERO);
            }
            if answer.is_err() {
                prop_assert_eq!(before.accounts, after.accounts);
                prop_assert_eq!(before.postings, after.postings);
            }
        }
    }
}
