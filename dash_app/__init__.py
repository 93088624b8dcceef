"""What people see: a function of run records."""
