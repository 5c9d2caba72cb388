"""The ground under the tests: database, broker, processes and browser. Knows no product rule."""
