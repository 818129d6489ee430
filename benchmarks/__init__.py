"""Speed and memory, measured and never asserted: `python -m benchmarks` runs all, `python -m benchmarks.bench_NAME` one.

Each prints a table; a full run also writes benchmarks/results/NAME.json, a `--quick` one writes nothing.
"""
