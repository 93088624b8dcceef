"""What an adapter is on disk: its card, its name, exact composition. Imports neither torch nor transformers."""
