"""The API: the lists and acts of the command line, with the same rules and the same JSON."""
