mod cbs_hold;
