pub mod two_steps_or_three_steps;
