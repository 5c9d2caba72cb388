"""What a Current says to Amplitude and how it reads the answer; knows no Current's state."""
