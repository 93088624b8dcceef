"""The simulated market with known causal truth, retailers' export formats, and readers for real data."""
