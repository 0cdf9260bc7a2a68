mod fxp_or_both;
