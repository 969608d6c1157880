"""What administrators set up: custom fields, tags, pipelines, reasons, kinds of activities. Every verb is noted in the audit log."""
