"""Help for people who label: what points tell about tracks."""
