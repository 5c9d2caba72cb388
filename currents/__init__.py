"""Currents: events that leave for a partner. Knows events and people; knows nothing of cohorts."""
