"""Many rows in one request: received in parts, done part by part by a background job, each row with its result."""
