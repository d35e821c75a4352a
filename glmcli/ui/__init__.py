"""Events to terminal, pipe or file. The only package that imports Rich, and the only one that writes."""
