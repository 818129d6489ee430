"""The centre's face: the API, live pictures, and the operations screen.

`app` puts it together out of `deps`; one module a noun holds its routes; docs/reference/api.md is the contract.
Nothing here decodes video, and nothing here knows a table.
"""
