"""The operations of the document as people ask for them: dialogs with their plans, and direct edits.

Rules of the operations themselves: docs/operations.md.
"""
