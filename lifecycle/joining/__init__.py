"""The page on which anybody who wants to ship says so: a lead, kept from machines by work and by limits."""
