"""How often is vigil right? Simulated halls whose truth is known, the real pipeline over them, and two baselines beside it."""
