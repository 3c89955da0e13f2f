"""Image files as they lie on disk: headers, channels, parts, and which of them are the picture."""
