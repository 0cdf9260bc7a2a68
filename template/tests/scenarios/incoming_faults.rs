mod reserve_commit;
