"""Reads: one function per question, aggregated in SQL, one module per page."""
