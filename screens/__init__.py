"""Kivy. One module and one .kv of the same name per question; the theme; the bridge to the engine."""
