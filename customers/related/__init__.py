"""Which customers belong together: those of one group, and who brought whom."""
