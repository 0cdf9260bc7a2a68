//! What is charged where the sandbox bank stands in and nothing is configured.

/// In each currency. They are whole numbers, which every currency has.
pub const VARIABLES: [(&str, &str); 5] = [
    ("PAYER_FEE_PERCENT", "1"),
    ("PAYER_FEE_MINIMUM", "1"),
    ("PAYER_FEE_MAXIMUM", "50"),
    ("PAYEE_FEE_PERCENT", "0.5"),
    ("COMMISSION_PERCENT", "0.25"),
];
