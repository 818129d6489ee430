"""Notices of the centre: `build` makes channels and rules, `notifier` sends what waits, `measures` counts."""
