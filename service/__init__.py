"""Where people and programs come in: the command line, later the API and the pages."""
