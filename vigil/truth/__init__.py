"""Truth on disk: our own lines of JSON, and what other people's labels look like."""
