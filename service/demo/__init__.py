"""A small replica of the world on loopback, and the story that is told with it."""
