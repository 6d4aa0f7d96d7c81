"""One module for each way of discovery; none of them extracts anything."""
