"""What the model may call: where tools come from, and how a call is checked, approved and carried out."""
