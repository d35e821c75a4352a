"""Tools that the model may call: so far their definitions, in the form of the request schema."""
