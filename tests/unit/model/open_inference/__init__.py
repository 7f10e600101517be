"""Of services/model/open_inference."""
