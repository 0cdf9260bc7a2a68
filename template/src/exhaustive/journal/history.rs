mod deposit_withdraw;
