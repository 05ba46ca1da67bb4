"""How good the records of customers are, and what is to mend in them."""
