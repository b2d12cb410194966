"""What the house decides: typed, frozen settings read from TOML; a mistake in them is named and starts nothing."""
