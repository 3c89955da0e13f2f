"""Training of the feed-forward network on pictures, or on nothing but what is generated here."""
