"""Amplitude's event upload: what comes over HTTP V2 and Batch, from bytes to rows."""
