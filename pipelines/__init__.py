"""Works out what a capture is: one module for each stage, and `flow`, where the whole way reads."""
