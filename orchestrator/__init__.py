"""From a brief to a run record."""
