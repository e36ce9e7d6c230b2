"""Checks of a log before anybody labels on it."""
