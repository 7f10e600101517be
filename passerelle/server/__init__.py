"""What every process is made of: its HTTP shell, settings, log, health, and how it stops."""
