"""The pictures of a request, still encoded: the raw body, a form's files, or base64 in JSON."""
