//! What is charged where the sandbox bank stands in and nothing is configured.

/// In each currency. They are whole numbers, which every currency has.
pub const VARIABLES: [(&str, &str); 3] = [
    ("PAYER_FEE_FLAT", "3"),
    ("PAYEE_FEE_FLAT", "2"),
    ("COMMISSION_FLAT", "1"),
];
