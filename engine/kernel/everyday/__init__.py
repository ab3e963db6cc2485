"""Everyday actions, the same for every procedure that allows them in its `everyday:`."""
