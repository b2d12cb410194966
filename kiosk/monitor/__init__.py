"""What the station says of itself: structured logs, health, metrics, the watchdog."""
