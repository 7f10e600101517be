"""The Open Inference Protocol V2: a request's tensors, or pictures, in; a model's tensors out."""
