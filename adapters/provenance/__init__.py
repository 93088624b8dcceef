"""Where an adapter comes from: keys, signatures over its whole folder, whom to trust, and its bill of materials."""
