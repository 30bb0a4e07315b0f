"""Handpick without a screen: the commands of `handpick` beside starting the app (docs/headless.md)."""
