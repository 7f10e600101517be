"""What the gateway and the services say alike on the wire: ids, timings, errors, logs."""
