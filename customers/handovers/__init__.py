"""Customers that go from one account manager to another: what goes along, and who is told."""
