"""Dates as we write them, language by language, where Django's own way does not suit."""
