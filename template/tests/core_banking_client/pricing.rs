mod cbs;
