"""What gateway and services say to each other: ids, versions, errors. No framework."""
