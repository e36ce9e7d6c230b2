"""What is wrong in labels: checks, one class each, and how well two sets of labels agree."""
