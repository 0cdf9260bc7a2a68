//! Participants that are no FXP are not asked to convert.
