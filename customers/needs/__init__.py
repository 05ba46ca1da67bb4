"""What a customer needs that others do not: kinds in code, rows with checked details, shown where they matter."""
