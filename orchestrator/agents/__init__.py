"""Six agents of one shape: select the composition, ask, parse into a type, let plain code compute and check."""
