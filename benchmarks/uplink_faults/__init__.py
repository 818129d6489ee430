"""Whether ingest, recording and uplink lose or double anything while line and programs fail. `__main__` puts it together."""
