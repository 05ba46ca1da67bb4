"""What customers are contacted for, who agreed to it, and whether somebody may be contacted now."""
