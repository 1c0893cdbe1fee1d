"""The queue page: built from what it is given; it acts through `desk` and `accounts` alone."""
