"""The commands of `variorum`: what goes in, what is answered, and the care of an archive."""
