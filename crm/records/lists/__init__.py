"""Lists of people, organisations, deals and leads: columns, filters, order; saved, changed in bulk, exported."""
