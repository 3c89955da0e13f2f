"""From a plate on disk to stylised frames on disk, and what can be said about them."""
