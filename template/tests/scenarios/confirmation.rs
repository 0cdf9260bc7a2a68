//! The customers of the other answers are not asked about the payee.
