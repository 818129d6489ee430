"""The benchmark of the centre: a city's database on PostgreSQL, and people who ask it for pages. See __main__."""
