"""The Behavioral Cohorts API: cohorts listed, asked for as files, and uploaded."""
