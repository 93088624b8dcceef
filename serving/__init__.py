"""Two servers, one wire format."""
