//! What the sandbox bank can be told to do with money.

use super::{books::Books, refusal::Refusal};

/// One thing to do. An order that cannot be carried out is refused and leaves
/// the books as they are.
///
/// Two orders are the same if they are equal: by that the bank sees whether a
/// reference that comes again stands for what it stood for before.
pub trait Order: Clone + PartialEq + Send + 'static {
    /// Does it, under the reference that it came with.
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal>;
}
