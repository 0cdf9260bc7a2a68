mod conversion;
