//! What travels in extension lists: the data of ISO 20022 that Mojaloop's own
//! messages have no element for.

/// The longest value of an extension.
pub const MAX_EXTENSION_LENGTH: usize = 128;

/// Where a payee's FSP states its LEI.
pub const PAYEE_FSP_LEI: &str = "Rpt.UpdtdPtyAndAcctId.Agt.FinInstnId.LEI";
