"""The sandbox's pages, by the rooms of its navigation."""
