//! One difference, by name.

use serde::Serialize;

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Committed here, and the bank has posted nothing.
    NotPosted,
    /// The bank has posted, and it is not committed here.
    PostedNotCommitted,
    /// The bank has posted more than once under one reference.
    PostedTwice,
    /// The bank has posted another amount, or in another currency.
    PostedOtherwise,
    /// The bank has posted, long after the payment was over.
    PostedLate,
    /// The bank has posted under a reference that the journal does not know.
    PostedUnknown,
    /// A person ended it by hand, so that no posting carries its reference.
    BookedByHand,
    /// Committed here, and not settled by the hub.
    NotSettled,
    /// Settled by the hub, and not committed here.
    SettledNotCommitted,
    /// The hub has settled another amount, or in another currency.
    SettledOtherwise,
    /// The hub has settled it more than once.
    SettledTwice,
    /// The hub has settled what the journal does not know.
    SettledUnknown,
    /// The hub has settled what became final here in another period.
    SettledInAnotherPeriod,
    /// It is not over: its money may be reserved.
    Unfinished,
    /// A person has to decide on it: its money may be reserved.
    Parked,
    /// The scheme has said what does not fit, and nobody has dealt with it.
    Exception,
}

impl Kind {
    /// In words, as they head a line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotPosted => "committed here, not posted",
            Self::PostedNotCommitted => "posted, not committed here",
            Self::PostedTwice => "posted more than once",
            Self::PostedOtherwise => "posted otherwise",
            Self::PostedLate => "posted after its end",
            Self::PostedUnknown => "posted, not known here",
            Self::BookedByHand => "booked by hand",
            Self::NotSettled => "committed here, not settled",
            Self::SettledNotCommitted => "settled, not committed here",
            Self::SettledOtherwise => "settled otherwise",
            Self::SettledTwice => "settled more than once",
            Self::SettledUnknown => "settled, not known here",
            Self::SettledInAnotherPeriod => "settled, final here in another period",
            Self::Unfinished => "not over",
            Self::Parked => "parked",
            Self::Exception => "the scheme said what does not fit",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    pub kind: Kind,
    /// The transfer; of a posting that is not known, its reference.
    pub subject: String,
    pub direction: Option<&'static str>,
    pub detail: String,
}
