"""Frames to detections to what is said of windows and queues. Rules are pure functions of time; see docs/design/staffing.md."""
