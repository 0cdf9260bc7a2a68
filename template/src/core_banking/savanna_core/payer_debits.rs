pub mod cbs_hold;
