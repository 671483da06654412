"""Sheets of many small pictures, typeset with Pillow."""
