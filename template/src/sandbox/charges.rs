pub mod flat;
pub mod percent;
pub mod tiered;

pub use self::none::*;

/// The answers `none` and `cbs` have no file: in the template, this takes its
/// place.
mod none {
    pub const VARIABLES: [(&str, &str); 0] = [];
}
