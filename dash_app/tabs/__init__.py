"""The six tabs: each a function of one run as the switch shows it."""
