"""The Amplitude sandbox: another company's system that ships with us; it knows nothing of ours."""
