"""Agreement of two sets of labels: what matches what, how exactly, what differs, and one from two."""
