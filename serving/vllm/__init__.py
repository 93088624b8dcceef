"""Serving with vLLM on a GPU."""
