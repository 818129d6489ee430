"""Rosters as people keep them, in a spreadsheet: `sheet` and `xlsx` read the file, `row` understands a line, `plan` says what
entering it would do. Nothing here knows a database.
"""
