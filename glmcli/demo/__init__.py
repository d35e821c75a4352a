"""The demo endpoint: a loopback server that speaks the documented protocol, and shares no code with the client."""
