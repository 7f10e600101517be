"""A network of one's own: it names the colour of a picture."""
