"""An archive, or a part of it, in the forms that other tools and people read."""
