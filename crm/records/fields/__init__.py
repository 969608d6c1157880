"""Every field of a record, shipped or the company's own: one description for lists, filters, forms, import, export and merging."""
