pub mod reserve_commit;
