//! What is charged where the sandbox bank stands in and nothing is configured.

/// In each currency. They are whole numbers, which every currency has.
pub const VARIABLES: [(&str, &str); 3] = [
    ("PAYER_FEE_TIERS", "0:1+0%,100:0+1%,1000:5+0.5%"),
    ("PAYEE_FEE_TIERS", "0:0+0%,100:1+0%"),
    ("COMMISSION_TIERS", "0:0+0%,1000:1+0%"),
];
