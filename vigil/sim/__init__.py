"""A hall that we know the truth of: people who come, wait, are served and leave, painted into the pictures of its cameras."""
