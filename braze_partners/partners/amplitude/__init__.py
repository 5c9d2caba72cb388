"""What every caller of Amplitude shares: hosts, sessions, redaction. Knows none of the callers."""
