pub mod cbs;
