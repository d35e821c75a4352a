"""Everything about talking to the model: the request, the wire, the events. httpx is imported for the wire alone."""
