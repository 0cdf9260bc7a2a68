mod dfsp;
