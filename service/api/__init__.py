"""The REST API: the gate that every request passes, the routes, one body for every error. See docs/api.md."""
