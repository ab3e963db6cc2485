"""Checks an evidence bundle without the engine that wrote it (docs/evidence-spec.md §11, §12).

Standard library only. Nothing here is shared with the engine: what both get wrong in the same
way has to be written twice.
"""
