"""Faults on demand: what can go wrong at Amplitude's side, switched on by page and REST."""
