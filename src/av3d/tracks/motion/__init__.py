"""Where an object is between its keyframes, how fast it moves, and how sure that is."""
