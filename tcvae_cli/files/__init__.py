"""Files: bytes become arrays and back. There is no mathematics here."""
