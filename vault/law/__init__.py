"""What the law demands, as dated data, and the pure functions that read it. It signs, opens and stores nothing."""
