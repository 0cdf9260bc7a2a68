pub mod bulk;

pub use self::bulk::*;
