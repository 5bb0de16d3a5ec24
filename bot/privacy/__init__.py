"""What keeps people from being found out: redaction, disclosure control, keys."""
