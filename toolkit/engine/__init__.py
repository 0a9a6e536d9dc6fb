"""From a trigger to a proven move: gather, decide, plan, journal, execute, verify, record. Speaks to ports only."""
