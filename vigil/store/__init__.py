"""The centre's database. The only importer of `sqlalchemy`.

`database` opens it, `tables` draws it, and one module a noun reads and writes it in frozen values: no row leaves this
package. Everything here blocks and is called from worker threads.
"""
