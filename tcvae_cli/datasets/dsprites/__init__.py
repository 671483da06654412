"""dSprites: rendered from its published geometry, or converted from its published files."""
