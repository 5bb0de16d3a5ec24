"""Pages for staff, rendered on the server: plain forms, no script, nothing from anywhere else."""
