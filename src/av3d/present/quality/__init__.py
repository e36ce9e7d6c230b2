"""How good labels are: findings, decisions, and how much was done again, as numbers and as a page."""
