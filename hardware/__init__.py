"""Devices behind protocols. Knows nothing of guests, money or Kivy."""
