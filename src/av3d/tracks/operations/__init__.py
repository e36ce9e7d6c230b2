"""Operations on a document: pure functions that give the changes to apply.

Each takes a document and returns a tuple of changes, empty when nothing changes. It raises EditError
when it is impossible, and never loses a keyframe or an attribute without saying so. The rules of all
of them are in docs/operations.md.
"""
