"""What asks a running gateway."""
