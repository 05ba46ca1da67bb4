"""Follow-ups: what staff must do by a time, for a customer or for nobody."""
