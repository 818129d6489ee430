"""Figures of a span of days out of the centre's database, and the packs made of them: XLSX and PDF."""
