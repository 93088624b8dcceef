"""What an adapter gives away about the rows it was trained on: a lower bound, measured before it is released."""
