"""Pages and fragments of mail, one module a screen."""
