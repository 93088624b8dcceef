"""What each composition can do, measured against the arms that could explain it away."""
