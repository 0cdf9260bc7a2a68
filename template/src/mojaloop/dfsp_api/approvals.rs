pub mod push_approval;

pub use self::push_approval::*;
