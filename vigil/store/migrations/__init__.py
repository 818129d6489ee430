"""How a database came to its tables: one file a revision, named by number and by what it does (`0004_what.py`), in one line.

A revision that was released is never changed: databases have been through it. It names tables and types itself and imports no
model, for models go on changing. `scripts/new_migration.py` writes the next one; docs/design/database.md says the rest.
"""
