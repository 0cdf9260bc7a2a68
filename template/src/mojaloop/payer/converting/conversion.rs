//! Agreeing to a conversion by halves.
//!
//! The Mojaloop Connector asks for one half of the terms after the other, and
//! waits in between. To agree to the first half moves nothing: it only makes it
//! ask for the second. Each half has a flag of its own (`acceptConversion`,
//! `acceptQuote`), so one that comes late or twice is a rejection. Nothing of it is stored: after a
//! crash the Mojaloop Connector begins once more under the same transfer.

use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        outgoing::OutgoingPayment,
        timestamp::Timestamp,
    },
    mojaloop::{
        connector::{Paused, terms::HalfOfTerms},
        payer::{Payer, offering::does_not_go_on},
    },
};

/// Goes on to all of the terms, if the first half of them is within the limits,
/// and judges the whole.
pub async fn go_on(
    payer: &Payer,
    payment: &OutgoingPayment,
    paused: Result<Paused, PaymentError>,
) -> Result<Paused, PaymentError> {
    let paused = match paused? {
        Paused::Halfway(half) => go_on_from(payer, payment, &half).await?,
        paused => paused,
    };
    match paused {
        Paused::AtQuote(quoted) => {
            let judged = quoted.conversion.as_ref().map_or(Ok(()), |conversion| {
                let limits = &payer.conversion_limits;
                limits.check(conversion, quoted.expires_at, Timestamp::now())
            });
            Ok(match judged {
                Ok(()) => Paused::AtQuote(quoted),
                Err(refused) => Paused::AtRefused(refused),
            })
        }
        paused => Ok(paused),
    }
}

async fn go_on_from(
    payer: &Payer,
    payment: &OutgoingPayment,
    half: &HalfOfTerms,
) -> Result<Paused, PaymentError> {
    payer.refuse_if_stopped()?;
    if let HalfOfTerms::Conversion(conversion) = half {
        let expires_at = conversion.expires_at();
        let limits = &payer.conversion_limits;
        if let Err(refused) = limits.check(conversion, expires_at, Timestamp::now()) {
            return Ok(Paused::AtRefused(refused));
        }
    }
    let transfer_id = &payment.transfer_id;
    tracing::info!(%transfer_id, "agreeing to the first half of the terms");
    match payer.connector.accept_half(payment, half).await? {
        Paused::AtQuote(quoted) if !half.is_half_of(&quoted) => {
            let changed = PaymentError::new(
                ErrorCode::QuoteRefused,
                "the terms have changed while they were completed",
            );
            Ok(Paused::AtRefused(changed))
        }
        Paused::AtParty(_) => Err(does_not_go_on()),
        paused => Ok(paused),
    }
}
