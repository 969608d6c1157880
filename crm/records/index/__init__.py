"""The index of words by which records are found: kept by triggers of the database, asked by `asking`, `finding` and `spelling`."""
