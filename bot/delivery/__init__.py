"""Getting messages in and out: nothing acknowledged before it is stored, nothing sent before it is a row."""
