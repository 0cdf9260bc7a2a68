mod bulk;
