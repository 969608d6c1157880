"""Pages about oneself, and pages for administrators."""
