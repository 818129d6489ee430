"""A backup of the centre and its way back (docs/design/backup.md)."""
