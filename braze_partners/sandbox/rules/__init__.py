"""Rules of cohorts: conditions on users' properties and on what they did."""
